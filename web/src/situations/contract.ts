/** Situations as the gateway tells them. */
import type { AlertState, Id } from "../gateway/contract";

export interface Situation {
  id: Id;
  title: string;
  severity: string;
  state: "open" | "ended";
  started_ms: number;
  ended_ms: number | null;
  alerts: number;
  firing: number;
  /** The first of them. */
  subjects: string[];
  acknowledged_by: string | null;
}

export interface Situations {
  situations: Situation[];
  /** There were too many alerts: only the newest were looked at. */
  cut: boolean;
}

export interface Member {
  id: Id;
  rule_name: string;
  subject: string;
  title: string;
  severity: string;
  state: AlertState;
  started_ms: number;
  ended_ms: number | null;
  acknowledged_by: string | null;
  /** Why it belongs here; null of the first, and of what a later one links. */
  because: { what: string; which: string; alert: Id } | null;
}

export type ChangeKind = "marker" | "alert" | "outage" | "change" | "series" | "endpoint" | "drift";

export interface Change {
  kind: ChangeKind;
  title: string;
  at_ms: number;
  score: number;
  size: number;
  nearness: number;
  kin: "own" | "akin" | "other";
  kinship: number;
  before: number | null;
  after: number | null;
  deviation?: number;
  id?: Id;
  /** Of a marker: where to read more. */
  url?: string | null;
  /** Of a change: what is new. */
  what?: string;
  source?: string;
  monitor?: Id;
  measure?: "apdex" | "failures" | "time_ms";
}

export interface Step {
  at_ms: number;
  what: string;
  title: string;
  by: string | null;
  text: string | null;
  alert: Id | null;
  alerts?: number;
  vote?: string;
  location?: string | null;
  until_ms?: number;
}

export interface MonitorCost {
  monitor: Id;
  name: string;
  down_s: number;
  failing_s: number;
  checks: number;
  failed_checks: number;
  apdex_loss: number | null;
  /** Before and during, as the specification shows scores. */
  apdex_shown: [string | null, string | null];
}

export interface SituationDetail extends Situation {
  members: Member[];
  quiet: { from_ms: number; to_ms: number }[];
  impact: {
    lasted_s: number;
    down_s: number;
    failed_checks: number;
    checks: number;
    monitors: MonitorCost[];
    notifications: Record<string, number>;
    acknowledged_by: string | null;
    acknowledged_after_s: number | null;
  };
  changed: Change[];
  timeline: Step[];
  timeline_left_out: number;
}
