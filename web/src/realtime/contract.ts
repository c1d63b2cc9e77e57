/** What the gateway says of realtime sessions, and the events of their streams. */

export interface RealtimeSession {
  session: string;
  creator: string;
  sources: string[];
  groups: string[];
  plugins: string[];
  created_ms: number;
  until_ms: number;
  ended_ms: number | null;
  reason: string | null;
}

/** `id` opens the session; it is said this once. */
export interface NewSession extends RealtimeSession {
  id: string;
}

/** Names the values of one group of a host, from now on. */
export interface SchemaEvent {
  source: string;
  group: string;
  names: string[];
  counters: string[];
}

/** pid, user, command, share of a core, bytes. */
export type ProcessRow = [number, string, string, number, number];

export interface FrameEvent {
  source: string;
  seq: number;
  /** The tick, by the host's clock; `at` is when the log took it. */
  ts: number;
  at: number;
  values: Record<string, number[]>;
  processes?: ProcessRow[];
}

export interface RealtimeTick {
  now: number;
  viewers: number;
}

const REASONS: Record<string, string> = {
  time: "its time is up",
  unwatched: "nobody was watching",
  ended: "somebody ended it",
};

export function reasonOf(reason: string | null): string {
  return REASONS[reason ?? ""] ?? "it is over";
}
