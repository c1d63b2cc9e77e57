/** What the overview knows about one host: its state and its last quarter of an hour. */
import type { SamplesEvent, Source } from "../gateway/contract";
import { readSeriesName } from "../series/name";
import { RateSum } from "../series/rate";
import { Ring } from "../series/ring";

export const OVERVIEW_MS = 15 * 60_000;
/** One value a second for the whole window, when a realtime session is on. */
const RING_SIZE = 1_024;
const DEFAULT_INTERVAL_MS = 60_000;

export class Host {
  readonly cpu = new Ring(RING_SIZE);
  readonly memory = new Ring(RING_SIZE);
  readonly network = new Ring(RING_SIZE);
  /** The overview's history was asked for. */
  prefilled = false;
  private readonly traffic = new RateSum();

  constructor(public about: Source) {}

  get name(): string {
    return this.about.source;
  }

  get intervalMs(): number {
    return this.about.interval_ms ?? DEFAULT_INTERVAL_MS;
  }

  get silent(): boolean {
    return this.about.state === "silent";
  }

  absorb(event: SamplesEvent): void {
    const { ts, values } = event;
    for (const [canonical, value] of Object.entries(values)) {
      if (canonical === "cpu.used_ratio") this.cpu.push(ts, value);
      else if (canonical === "memory.used_ratio") this.memory.push(ts, value);
      else if (isTraffic(canonical)) {
        const sum = this.traffic.read(canonical, ts, value);
        if (sum !== null) this.network.push(ts, sum);
      }
    }
    if (ts > this.about.last_seen_ms) this.about = { ...this.about, last_seen_ms: ts, state: "active" };
  }

  forgetBefore(time: number): void {
    for (const ring of [this.cpu, this.memory, this.network]) ring.dropBefore(time);
  }
}

/** Bytes over the wire; the loopback never leaves the machine. */
export function isTraffic(canonical: string): boolean {
  const isBytes =
    canonical.startsWith("network.received_bytes") || canonical.startsWith("network.sent_bytes");
  return isBytes && readSeriesName(canonical).labels["interface"] !== "lo";
}
