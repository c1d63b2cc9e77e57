/** What the overview knows about one endpoint: the monitor, its locations and its recent durations. */
import type { CheckResult, LocationState, Monitor, MonitorState } from "../gateway/contract";
import { Ring } from "../series/ring";

const RING_SIZE = 512;

export class Endpoint {
  readonly durations = new Ring(RING_SIZE);
  /** When checks failed; drawn as marks under the line. */
  readonly failures = new Ring(RING_SIZE);
  prefilled = false;
  /** The round being drawn: locations answer one after the other. */
  private round = { slot: Number.NEGATIVE_INFINITY, sum: 0, count: 0 };

  constructor(public monitor: Monitor) {}

  get id(): string {
    return String(this.monitor.id);
  }

  /** How much time the sparkline shows: at least half an hour, and at least forty rounds. */
  get windowMs(): number {
    return Math.max(30 * 60_000, this.monitor.interval_s * 40_000);
  }

  get lastCheckMs(): number | null {
    const times = this.monitor.places.map((location) => location.at_ms);
    return times.length === 0 ? null : Math.max(...times);
  }

  /** The newest duration over all locations that got an answer: a refused connection is not fast. */
  get lastDurationMs(): number | null {
    const answered = this.monitor.places.filter((at) => at.outcome === "up" || at.outcome === "degraded");
    return newest(answered)?.total_ms ?? null;
  }

  absorb(check: CheckResult): void {
    this.plot(check);
    if (check.outcome === "missed" || check.outcome === "probe_error") return;
    const before = this.monitor.places.find((location) => location.location === check.location);
    if (before && before.at_ms > check.started_ms) return;
    const now: LocationState = {
      location: check.location,
      outcome: check.outcome,
      at_ms: check.started_ms,
      since_ms: before && before.outcome === check.outcome ? before.since_ms : check.started_ms,
      total_ms: check.total_ms ?? null,
      status: check.status ?? null,
      error: check.error ?? null,
    };
    const others = this.monitor.places.filter((location) => location.location !== check.location);
    const locations = [...others, now].sort((a, b) => a.location.localeCompare(b.location));
    this.monitor = { ...this.monitor, places: locations };
  }

  /** Draws history, oldest first, under what came live since it was asked for. */
  prefill(checks: readonly CheckResult[]): void {
    const past = new Endpoint(this.monitor);
    for (const check of checks) past.plot(check);
    const timesOf = (ring: Ring) => Array.from({ length: ring.length }, (_, i) => ring.time(i));
    const valuesOf = (ring: Ring) => Array.from({ length: ring.length }, (_, i) => ring.value(i));
    this.durations.prefill(timesOf(past.durations), valuesOf(past.durations));
    this.failures.prefill(timesOf(past.failures), valuesOf(past.failures));
    if (past.round.slot >= this.round.slot) this.round = past.round;
  }

  /** Puts one check into the sparkline: one point per round, the average of its locations. */
  private plot(check: CheckResult): void {
    const interval = this.monitor.interval_s * 1000;
    const slot = Math.floor(check.scheduled_ms / interval);
    if (check.outcome === "down") this.failures.push(slot * interval, 1);
    if (typeof check.total_ms !== "number" || (check.outcome !== "up" && check.outcome !== "degraded"))
      return;
    if (slot > this.round.slot) this.round = { slot, sum: 0, count: 0 };
    if (slot < this.round.slot) return;
    this.round.sum += check.total_ms;
    this.round.count += 1;
    this.durations.push(slot * interval, this.round.sum / this.round.count);
  }
}

function newest(locations: readonly LocationState[]): LocationState | undefined {
  return locations.reduce<LocationState | undefined>(
    (best, location) => (best && best.at_ms >= location.at_ms ? best : location),
    undefined,
  );
}

/** Worst first: what needs a person stands on top. */
export const SEVERITY: Record<MonitorState, number> = {
  down: 0,
  partial: 1,
  degraded: 2,
  unknown: 3,
  up: 4,
  paused: 5,
};

export const STATE_LABEL: Record<MonitorState, string> = {
  up: "Up",
  degraded: "Degraded",
  partial: "Partial",
  down: "Down",
  unknown: "Unknown",
  paused: "Paused",
};
