/** All endpoints of the account, kept current by the stream and by asking now and then. */
import type { CheckResult } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { Emitter } from "../live/emitter";
import { Endpoint } from "./endpoint";

const PREFILL_ROUNDS = 40;
const MOST_CHECKS = 200;
const PREFILL_AT_ONCE = 3;
const RELOAD_DELAY_MS = 1_500;
const RELOAD_DELAY_PER_ENDPOINT_MS = 10;
/** The other locations look again within seconds, and then the incident is confirmed or over. */
const SETTLED_DELAY_MS = 6_000;

export class EndpointBoard {
  readonly endpoints = new Map<string, Endpoint>();
  readonly changed = new Emitter<void>();
  readonly touched = new Emitter<Endpoint>();
  /** An outcome changed somewhere: what follows from it has been decided by now. */
  readonly unsettled = new Emitter<void>();
  private readonly reloading = [0, 0];
  private readonly queue: Endpoint[] = [];
  private running = 0;

  constructor(private readonly gateway: Gateway) {}

  async load(): Promise<void> {
    const monitors = await this.gateway.monitors();
    const ids = new Set(monitors.map((monitor) => String(monitor.id)));
    for (const id of this.endpoints.keys()) if (!ids.has(id)) this.endpoints.delete(id);
    for (const monitor of monitors) {
      const id = String(monitor.id);
      const endpoint = this.endpoints.get(id);
      if (endpoint) endpoint.monitor = monitor;
      else this.endpoints.set(id, new Endpoint(monitor));
    }
    this.changed.emit();
  }

  absorb(check: CheckResult): void {
    const endpoint = this.endpoints.get(String(check.monitor));
    if (!endpoint) {
      this.reloadSoon();
      return;
    }
    const before = endpoint.monitor.places.find((location) => location.location === check.location);
    endpoint.absorb(check);
    // Whether one changed outcome changes the state is the gateway's decision (confirmation): ask it.
    const judged = check.outcome !== "missed" && check.outcome !== "probe_error";
    if (judged && before?.outcome !== check.outcome) this.reloadSoon();
    this.touched.emit(endpoint);
  }

  /** Fills the sparklines of these endpoints with their last checks, a few requests at a time. */
  prefill(endpoints: readonly Endpoint[]): void {
    this.queue.length = 0;
    this.queue.push(...endpoints.filter((endpoint) => !endpoint.prefilled));
    while (this.running < PREFILL_AT_ONCE && this.queue.length > 0) void this.work();
  }

  forgetHistory(): void {
    for (const endpoint of this.endpoints.values()) endpoint.prefilled = false;
  }

  private async work(): Promise<void> {
    this.running += 1;
    for (let next = this.queue.shift(); next; next = this.queue.shift()) await this.prefillOne(next);
    this.running -= 1;
  }

  private async prefillOne(endpoint: Endpoint): Promise<void> {
    if (endpoint.prefilled) return;
    endpoint.prefilled = true;
    try {
      const places = Math.max(1, endpoint.monitor.places.length);
      const limit = Math.min(PREFILL_ROUNDS * places, MOST_CHECKS);
      const checks = await this.gateway.checks(endpoint.id, limit);
      endpoint.prefill(checks.sort((a, b) => a.scheduled_ms - b.scheduled_ms));
      this.touched.emit(endpoint);
    } catch {
      // The row shows its current values without history; the next visit asks again.
      endpoint.prefilled = false;
    }
  }

  reloadSoon(): void {
    // Where thousands are watched some outcome changes all the time, and the whole list is a large answer.
    const least = this.endpoints.size * RELOAD_DELAY_PER_ENDPOINT_MS;
    [RELOAD_DELAY_MS, SETTLED_DELAY_MS].forEach((delay, index) => {
      this.reloading[index] ||= window.setTimeout(
        () => {
          this.reloading[index] = 0;
          this.load().catch(() => undefined);
          this.unsettled.emit();
        },
        Math.max(delay, least),
      );
    });
  }
}
