/** Rates per second from counters that arrive as raw totals. */

/** A longer silence than this is a hole, not a slow rate. */
const LONGEST_STEP_MS = 10 * 60_000;

interface Reading {
  time: number;
  total: number;
}

/** The rate of each counter between its consecutive reports. */
export class RateMeter {
  private readonly last = new Map<string, Reading>();

  /**
   * Units per second since the previous report of this series, or null when there is none to compare with.
   * A total below the previous one is a restart of the counter: everything it shows has come since.
   */
  read(series: string, time: number, total: number): number | null {
    const before = this.last.get(series);
    if (before && time <= before.time) return null;
    this.last.set(series, { time, total });
    if (!before || time - before.time > LONGEST_STEP_MS) return null;
    const increase = total >= before.total ? total - before.total : total;
    return (increase * 1000) / (time - before.time);
  }
}

/** The summed rate of several counters, such as the bytes of all interfaces of a host. */
export class RateSum {
  private readonly meter = new RateMeter();
  private readonly rates = new Map<string, { time: number; rate: number }>();

  /** `forgetMs`: a counter not heard of for this long (an unplugged device) no longer counts. */
  constructor(private readonly forgetMs = 3 * 60_000) {}

  /** The sum of the newest rate of every counter, or null while this one has no rate yet. */
  read(series: string, time: number, total: number): number | null {
    const rate = this.meter.read(series, time, total);
    if (rate === null) return null;
    this.rates.set(series, { time, rate });
    let sum = 0;
    for (const [key, entry] of this.rates) {
      if (time - entry.time > this.forgetMs) this.rates.delete(key);
      else sum += entry.rate;
    }
    return sum;
  }
}
