/** Alerts with their timelines, and silences, as the gateway tells them. */
import type { Alert, AlertDeed, AlertState, Id } from "../gateway/contract";

/** A rule's condition holds, but there is no alert: not for long enough yet, or nobody is to be called. */
export interface Waiting {
  id: Id;
  rule: Id;
  rule_name: string;
  subject: string;
  severity: string;
  title: string;
  state: "pending" | "suppressed";
  /** Why nobody is to be called: `maintenance`, or the number of an endpoint that is down. */
  why: string | null;
  since_ms: number;
}

export interface AlertStep {
  state: AlertState | AlertDeed;
  at_ms: number;
  value: number | null;
  detail: Record<string, string | number | null>;
}

export interface Told {
  id: Id;
  channel: Id;
  channel_name: string;
  event: string;
  state: "pending" | "delivered" | "failed" | "withheld" | "dropped";
  /** Why it is tried no more, of one that failed. */
  failure: "refused" | "permanent" | "given_up" | null;
  attempts: number;
  last_answer: string | null;
  created_ms: number;
  delivered_ms: number | null;
  /** When it is tried next, of one that waits. */
  next_ms: number | null;
  /** The last of the attempts, the newest at the end. */
  attempt_log: Attempt[];
}

/** One try to deliver a notification. */
export interface Attempt {
  attempt: number;
  at_ms: number;
  took_ms: number | null;
  /** `unknown`: nobody noted what came of it. */
  outcome: "delivered" | "retry" | "refused" | "permanent" | "given_up" | "under_way" | "unknown";
  answer: string | null;
}

export interface AlertDetail extends Alert {
  acknowledged_ms: number | null;
  plan: { route: string | null } | null;
  /** When the next step or reminder is due. */
  next_ms: number | null;
  timeline: AlertStep[];
  notifications: Told[];
}

/** A channel, with its settings but for those that are secret. */
export interface Channel extends Record<string, unknown> {
  id: Id;
  name: string;
  kind: string;
  /** Why nothing goes through it any more; null if it is in use. */
  disabled_reason: string | null;
  /** A webhook whose secret was replaced: until when the one before signs too, Unix seconds. */
  previous_until_s?: number;
}

/** A webhook's new secret, shown this once. */
export interface Rotated {
  id: Id;
  secret: string;
  previous_until_s: number;
}

/** What a channel of a kind needs, as JSON Schema. */
export interface ChannelKind {
  kind: string;
  settings: { properties: Record<string, SettingSchema>; required: string[] };
}

export interface SettingSchema {
  type?: string;
  anyOf?: SettingSchema[];
  enum?: string[];
  default?: unknown;
  description?: string;
  /** Secret: set, and never told again. */
  writeOnly?: boolean;
}

/** A rule, with the fields of its kind. */
export interface Rule extends Record<string, unknown> {
  id: Id;
  name: string;
  kind: string;
  severity: string;
}

/** How a rule about anomalies stands; `learned_ms` is null while it has not learned. */
export interface Learned {
  rule: Id;
  learned_ms: number | null;
  threshold: number | null;
  weeks: number | null;
  series: number | null;
  unready: number | null;
  left_out: number | null;
}

export interface RuleKind {
  kind: string;
  /** What it is for, in a sentence. */
  means: string;
  settings: ChannelKind["settings"];
}

/** What a rule is about now. */
export interface Matches {
  subjects: number;
  what: string;
  everything: boolean;
  examples: string[];
  /** What people should know before they rely on it. */
  warning: string | null;
}

/** What a rule would have done. */
export interface Backtest {
  from_ms: number;
  to_ms: number;
  looked_at: { what: string; from_ms: number | null; subjects: number; readings: number };
  /** Where an expression could not be told. */
  unknown?: { times: number; why: string } | null;
  fired: number;
  a_day: number;
  firing_s: number;
  episodes: { title: string; started_ms: number; ended_ms: number | null; lasted_s: number }[];
}

export interface Trial {
  delivered: boolean;
  permanent: boolean;
  answer: string;
}

export interface Silence {
  id: Id;
  selector: string;
  reason: string;
  author: string;
  from_ms: number;
  to_ms: number;
  active: boolean;
}
