/** Routes and on-call schedules, as the gateway tells them. */
import type { Id } from "../gateway/contract";

/** Hours of some days of the week (0 is Monday); `until` before `since` is in the next day. */
export interface Hours {
  days: number[];
  since: string;
  until: string;
  zone: string;
}

/** Who is told when an alert has been firing for `after_s` and nobody has acknowledged it. */
export interface Step {
  after_s: number;
  channels: number[];
  /** All channels of each, as it is then. */
  groups: number[];
  /** Whoever is on call then. */
  schedules: number[];
}

export interface AlertRoute {
  id: Id;
  name: string;
  /** Smaller ones are asked first. */
  position: number;
  /** Null: every alert. */
  match: string | null;
  /** Null: at any time. */
  hours: Hours | null;
  /** None: nobody is told. */
  steps: Step[];
  remind_s: number | null;
  group_s: number;
}

/** A named set of channels. */
export interface ChannelGroup {
  id: Id;
  name: string;
  channels: number[];
}

export interface Override {
  from_ms: number;
  to_ms: number;
  channel: number;
}

export interface Schedule {
  id: Id;
  name: string;
  rotation: number[];
  days: number;
  first: string;
  handover: string;
  zone: string;
  overrides: Override[];
  /** The channel on call now. */
  on_call: number;
}

/** A channel's time on call; `to_ms` is null if it never ends. */
export interface Shift {
  from_ms: number;
  to_ms: number | null;
  channel: number;
  override: boolean;
}
