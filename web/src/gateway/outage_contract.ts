/** What the gateway answers about outages, maintenance, releases and trends. Units as in `contract`. */
import type { CheckPhase, Id, Outcome } from "./contract";

export interface Availability {
  uptime: number | null;
  reachability: number | null;
  succeeded: number;
  executed: number;
  missed: number;
  probe_error: number;
}

export interface UptimeAnswer extends Availability {
  monitor: Id;
  from: number;
  to: number;
  resolution_s: number;
  /** False where the uptime over several locations is a lower bound. */
  exact: boolean;
  locations: (Availability & { location: string })[];
}

export interface Incident {
  id: string;
  monitor: Id;
  monitor_name: string;
  /** How it is now. */
  state: "partial" | "down" | "ended";
  /** The worst that it came to. */
  severity: "partial" | "down";
  cause: string;
  error: string | null;
  started_ms: number;
  confirmed_ms: number | null;
  ended_ms: number | null;
  maintenance: boolean;
  suppressed_by: Id | null;
}

export interface Vote {
  outcome?: Outcome;
  error?: string | null;
  started_ms?: number;
  at_ms?: number;
}

export interface TimelineStep {
  at_ms: number;
  what: string;
  location?: string | null;
  outcome?: Outcome | null;
  error?: string | null;
}

export interface IncidentDetail extends Incident {
  evidence: Record<string, string> | null;
  votes: Record<string, Vote>;
  timeline: TimelineStep[];
}

export type IncidentFilter = "open" | "ended" | "confirmed" | "partial";

/** A window as it is made; `monitors` empty means all of them. */
export type MaintenanceRule =
  | { kind: "once"; from_ms: number; to_ms: number }
  | { kind: "weekly"; days: number[]; start: string; minutes: number; zone: string }
  | { kind: "cron"; cron: string; minutes: number; zone: string };

export type Maintenance = MaintenanceRule & {
  id: Id;
  name: string;
  monitors: Id[];
  active: boolean;
  /** When it holds next; gateways that do not say so leave it to the page. */
  next_ms?: number | null;
};

export interface Marker {
  id: Id;
  name: string;
  at_ms: number;
  monitors: Id[];
  url: string | null;
}

export interface ComparedSide {
  satisfied: number;
  tolerating: number;
  frustrated: number;
  display?: string;
  /** Checks within incidents, which the comparison leaves out. */
  left_out?: number;
}

export interface Compared {
  monitor: Id;
  before?: ComparedSide | null;
  after?: ComparedSide | null;
  difference?: number | null;
  low?: number | null;
  high?: number | null;
  p?: number | null;
}

export interface Comparison {
  window_s?: number;
  /** False while the time after the release has not passed. */
  complete?: boolean;
  monitors?: Compared[];
}

export interface TrendChange {
  kind: "step" | "decline";
  direction: "down" | "up";
  start_ms: number;
  found_ms: number;
  size: number;
  learning?: boolean;
}

export interface Trend {
  state: "learning" | "watching";
  learned_buckets?: number | null;
  needed_buckets?: number | null;
  /** How far the charts are up, as shares of their thresholds: at 1 a change is found. */
  standing?: { down?: number | null; up?: number | null } | null;
  expected?: number | null;
  /** By range: `1h`, `1d`, `7d`. */
  smallest_change?: Record<string, number | null> | null;
  smallest?: { span_s: number; size: number | null }[] | null;
  false_alarms?: { per_day?: number | null } | null;
  budget_per_day?: number | null;
  changes?: TrendChange[] | null;
}

export interface Ping {
  n?: number;
  at_ms: number;
  said?: string | null;
  exit_status?: number | null;
  took_ms?: number | null;
  /** The beginning of what the job sent along. */
  body?: string | null;
}

/** Paths below the gateway's address. */
export interface PingUrl {
  ping: string;
  start?: string;
  fail?: string;
}

export interface BadgeLinks {
  token: string;
  badges: Record<string, string>;
}

/** What an account decides for itself. */
export interface AccountSettings {
  trend_false_alarms_per_day: number;
}

/** Milliseconds of a phase, of checks that did not fail. */
export interface PhaseFigures {
  count: number;
  p50_ms: number | null;
  p90_ms: number | null;
  p95_ms: number | null;
  p99_ms: number | null;
}

export interface PhasesAnswer {
  from: number;
  to: number;
  phases: Partial<Record<CheckPhase, PhaseFigures>>;
  locations: { location: string; phases: Partial<Record<CheckPhase, PhaseFigures>> }[];
}
