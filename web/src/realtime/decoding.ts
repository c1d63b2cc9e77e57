/** From the arrays of a stream back to named values. */
import type { FrameEvent, ProcessRow, SchemaEvent } from "./contract";

/** A host's clock that is off by less is the network's delay. */
const IGNORED_SKEW_MS = 2_000;

export interface Moment {
  source: string;
  seq: number;
  /** By the gateway's clock, also where the host's own is wrong. */
  time: number;
  values: Record<string, number>;
  /** Those of the values that are totals. */
  counters: ReadonlySet<string>;
  processes: ProcessRow[] | null;
}

export class Decoder {
  private readonly names = new Map<string, readonly string[]>();
  private readonly counters = new Map<string, readonly string[]>();
  private readonly skews = new Map<string, number>();

  learn(schema: SchemaEvent): void {
    this.names.set(`${schema.source}\n${schema.group}`, schema.names);
    this.counters.set(`${schema.source}\n${schema.group}`, schema.counters);
  }

  read(frame: FrameEvent): Moment {
    const values: Record<string, number> = {};
    const counters = new Set<string>();
    for (const [group, numbers] of Object.entries(frame.values)) {
      const names = this.names.get(`${frame.source}\n${group}`);
      // Without its schema an array says nothing.
      if (names?.length !== numbers.length) continue;
      for (const name of this.counters.get(`${frame.source}\n${group}`) ?? []) counters.add(name);
      for (let i = 0; i < numbers.length; i += 1) {
        const name = names[i];
        const value = numbers[i];
        if (name !== undefined && value !== undefined) values[name] = value;
      }
    }
    const time = frame.ts + this.skewOf(frame);
    return {
      source: frame.source,
      seq: frame.seq,
      time,
      values,
      counters,
      processes: frame.processes ?? null,
    };
  }

  /** What to add to a host's times. Kept while it still fits: a delay that varies must not move the ticks. */
  private skewOf(frame: FrameEvent): number {
    const behind = frame.at - frame.ts;
    const known = this.skews.get(frame.source) ?? 0;
    if (Math.abs(behind - known) <= IGNORED_SKEW_MS) return known;
    const skew = Math.abs(behind) <= IGNORED_SKEW_MS ? 0 : Math.round(behind / 1000) * 1000;
    this.skews.set(frame.source, skew);
    return skew;
  }
}
