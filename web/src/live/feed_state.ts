/** The life of the live feed as a pure state machine: what is known, and what to do next. */

/** Ticks come every 10 s, so this long without any event means the connection died without a word. */
export const STALL_MS = 25_000;
const DELAYS_MS = [400, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000];

export type Phase = "connecting" | "live" | "waiting" | "paused";

export interface FeedState {
  phase: Phase;
  /** Failures since the last event heard. */
  attempt: number;
  /** When the stream last proved to be alive; the start of the attempt while connecting. */
  heardAt: number;
  /** When the next attempt starts, in phase `waiting`. */
  retryAt: number | null;
  /** Since when the page has no live data; null while live, and before the first connection. */
  lostAt: number | null;
}

export type FeedEvent =
  | { kind: "opened" | "heard" | "ticked" | "paused" | "forced"; at: number }
  /** `jitter` is a random number in [0, 1): a restarted gateway must not meet all its viewers at once. */
  | { kind: "failed"; at: number; jitter: number };

export type Effect = "open" | "close" | "fail" | null;

export function initialState(at: number): FeedState {
  return { phase: "connecting", attempt: 0, heardAt: at, retryAt: null, lostAt: null };
}

/** Waits 0.4 s first, then longer up to 30 s, each between 75 % and 125 % of its nominal length. */
export function retryDelay(attempt: number, jitter: number): number {
  const nominal = DELAYS_MS[Math.min(attempt, DELAYS_MS.length) - 1] ?? DELAYS_MS[0] ?? 0;
  return Math.round(nominal * (0.75 + jitter / 2));
}

/** The next state, and what the shell must do: open or close the stream, or report a stall back as `failed`. */
export function advance(state: FeedState, event: FeedEvent): [FeedState, Effect] {
  switch (event.kind) {
    case "opened":
      if (state.phase !== "connecting") return [state, null];
      // Attempts are not forgotten yet: a stream that opens and ends at once must still back off.
      return [{ ...state, phase: "live", heardAt: event.at, retryAt: null, lostAt: null }, null];
    case "heard":
      if (state.phase === "waiting" || state.phase === "paused") return [state, null];
      return [{ phase: "live", attempt: 0, heardAt: event.at, retryAt: null, lostAt: null }, null];
    case "failed": {
      if (state.phase === "waiting" || state.phase === "paused") return [state, null];
      const attempt = state.attempt + 1;
      const retryAt = event.at + retryDelay(attempt, event.jitter);
      return [{ ...state, phase: "waiting", attempt, retryAt, lostAt: state.lostAt ?? event.at }, "close"];
    }
    case "ticked":
      if (state.phase === "waiting" && state.retryAt !== null && event.at >= state.retryAt) {
        return [{ ...state, phase: "connecting", heardAt: event.at, retryAt: null }, "open"];
      }
      if ((state.phase === "live" || state.phase === "connecting") && event.at - state.heardAt > STALL_MS) {
        return [state, "fail"];
      }
      return [state, null];
    case "paused":
      if (state.phase === "paused") return [state, null];
      return [{ ...state, phase: "paused", retryAt: null, lostAt: state.lostAt ?? event.at }, "close"];
    case "forced":
      if (state.phase === "live" || state.phase === "connecting") return [state, null];
      return [{ ...state, phase: "connecting", heardAt: event.at, retryAt: null }, "open"];
  }
}

export type Connection = "live" | "connecting" | "reconnecting" | "offline";

/** After this long without data the interface stops promising a quick return. */
const OFFLINE_AFTER_MS = 30_000;

/** How the state reads to a person. `online` is the browser's own opinion of the network. */
export function connectionOf(state: FeedState, now: number, online: boolean): Connection {
  if (state.phase === "live") return "live";
  if (!online) return "offline";
  if (state.lostAt === null) return "connecting";
  return now - state.lostAt > OFFLINE_AFTER_MS ? "offline" : "reconnecting";
}

export const CONNECTION_LABEL: Record<Connection, string> = {
  live: "Live",
  connecting: "Connecting",
  reconnecting: "Reconnecting",
  offline: "Offline",
};
