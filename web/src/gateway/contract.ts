/** The shapes the gateway answers with. Times are milliseconds UTC; durations are milliseconds unless named `_s`. */

export interface Login {
  access_token: string;
  token_type: "Bearer";
  expires_in: number;
}

export interface Me {
  email: string;
  account: { id: string; name: string };
  scopes: string[];
}

export interface Source {
  source: string;
  state: "active" | "silent";
  first_seen_ms: number;
  last_seen_ms: number;
  interval_ms: number | null;
}

export interface QuerySeries {
  source: string;
  name: string;
  labels: Record<string, string>;
  values: (number | null)[];
}

export interface QueryAnswer {
  from: number;
  to: number;
  step_s: number;
  agg: string;
  tier: string;
  timestamps: number[];
  series: QuerySeries[];
}

export type Aggregation =
  | "avg"
  | "min"
  | "max"
  | "sum"
  | "count"
  | "last"
  | "rate"
  | "p50"
  | "p90"
  | "p95"
  | "p99";

export type Outcome = "up" | "degraded" | "down" | "missed" | "probe_error";
/** `partial`: some locations fail, but fewer than the quorum. */
export type MonitorState = "up" | "degraded" | "partial" | "down" | "unknown" | "paused";

export interface LocationState {
  location: string;
  outcome: Outcome;
  at_ms: number;
  since_ms: number | null;
  total_ms: number | null;
  status: number | null;
  error: string | null;
}

export interface Apdex {
  score: number | null;
  display: string;
  band: string | null;
  count: number;
}

/** The gateway counts its rows; the pages treat an id as text, as it stands in an address. */
export type Id = string | number;

export interface Monitor {
  id: Id;
  name: string;
  kind: string;
  url: string;
  interval_s: number;
  timeout_s: number;
  apdex_t_ms: number;
  paused: boolean;
  state: MonitorState;
  places: LocationState[];
  apdex: Apdex | null;
  uptime_24h: number | null;
  quorum?: number;
  parent?: Id | null;
  heartbeat?: Heartbeat | null;
}

/** What is known of a job that reports itself. */
export interface Heartbeat {
  /** `new` before the first ping, `late` while a ping is due but within its grace. */
  state?: string;
  pings?: number;
  last_ping_ms?: number | null;
  running_since_ms?: number | null;
  next_expected_ms?: number | null;
  down_after_ms?: number | null;
}

export interface MonitorHistory {
  monitor: Id;
  from: number;
  to: number;
  step_s: number;
  timestamps: number[];
  satisfied: number[];
  tolerating: number[];
  frustrated: number[];
  up: number[];
  down: number[];
  degraded: number[];
  missed: number[];
  avg_ms: (number | null)[];
  p50_ms: (number | null)[];
  p95_ms: (number | null)[];
  p99_ms: (number | null)[];
  apdex: Apdex[];
  /** Medians of each phase at each step; older gateways do not have them. */
  phases?: Partial<Record<CheckPhase, { p50_ms?: (number | null)[] }>> | null;
  summary: { uptime: number | null; reachability: number | null; apdex: Apdex | null };
}

export type CheckPhase = "dns" | "connect" | "tls" | "ttfb" | "transfer";

/** Fields with their usual value (no duration, first attempt) may be left out. */
export interface CheckResult {
  monitor: Id;
  location: string;
  scheduled_ms: number;
  started_ms: number;
  outcome: Outcome;
  status?: number | null;
  error?: string | null;
  phases?: Partial<Record<CheckPhase, number | null>> | null;
  total_ms?: number | null;
  bytes?: number | null;
  tls_expires?: number | string | null;
  apdex_t_ms?: number | null;
  attempt?: number | null;
  /** What was seen of a failure: short texts by name. */
  evidence?: Record<string, string> | null;
}

/** A notice is a one-off: it ended as it began. */
export type AlertState = "firing" | "resolved" | "notice";

/** What people do about an alert, reminders, and whether it can be known: the alert goes on. */
export type AlertDeed =
  | "acknowledged"
  | "unacknowledged"
  | "snoozed"
  | "commented"
  | "assigned"
  | "reminded"
  | "unknown"
  | "known";

export interface Alert {
  id: Id;
  rule_name: string;
  subject: string;
  state: AlertState;
  started_ms: number;
  ended_ms: number | null;
  title: string;
  value: number | null;
  /** What a notice says besides its title. */
  body?: string | null;
  severity?: string;
  acknowledged_by?: string | null;
  assignee?: string | null;
  snoozed_until_ms?: number | null;
  /** Since when nothing has been heard of its subject. */
  unknown_since_ms?: number | null;
}

/** Stream events, by their `event:` name. */
export interface SamplesEvent {
  source: string;
  ts: number;
  values: Record<string, number>;
}

export interface AlertEvent {
  id: Id;
  alert?: Id;
  rule?: Id;
  rule_name: string;
  subject: string;
  state: AlertState | AlertDeed;
  at: number;
  title: string;
  value?: number | null;
  detail?: Record<string, string | number | null>;
}

export interface TickEvent {
  now: number;
}
