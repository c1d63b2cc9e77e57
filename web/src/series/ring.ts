/** A ring of timed values, oldest dropped first. Starts small and grows: a thousand quiet hosts cost little. */

const FIRST_SIZE = 32;

export class Ring {
  private times = new Float64Array(FIRST_SIZE);
  private values = new Float64Array(FIRST_SIZE);
  private start = 0;
  private count = 0;

  constructor(private readonly capacity: number) {}

  get length(): number {
    return this.count;
  }

  time(index: number): number {
    return this.times[this.slot(index)] ?? Number.NaN;
  }

  value(index: number): number {
    return this.values[this.slot(index)] ?? Number.NaN;
  }

  get lastTime(): number {
    return this.count === 0 ? Number.NEGATIVE_INFINITY : this.time(this.count - 1);
  }

  get lastValue(): number | null {
    return this.count === 0 ? null : this.value(this.count - 1);
  }

  /** Appends. The same time replaces; an older time is refused (a replayed event), returning false. */
  push(time: number, value: number): boolean {
    if (time < this.lastTime) return false;
    if (time === this.lastTime) {
      this.values[this.slot(this.count - 1)] = value;
      return true;
    }
    if (this.count === this.times.length) {
      if (this.count < this.capacity) this.grow();
      else {
        this.start = (this.start + 1) % this.times.length;
        this.count -= 1;
      }
    }
    this.count += 1;
    const slot = this.slot(this.count - 1);
    this.times[slot] = time;
    this.values[slot] = value;
    return true;
  }

  /** Forgets everything before `time`. */
  dropBefore(time: number): void {
    while (this.count > 0 && this.time(0) < time) {
      this.start = (this.start + 1) % this.times.length;
      this.count -= 1;
    }
  }

  /** Puts history in front of what came live since it was asked for. Nulls are no values. */
  prefill(times: readonly number[], values: readonly (number | null | undefined)[]): void {
    const live: [number, number][] = [];
    const newest = newestValue(times, values);
    for (let i = 0; i < this.count; i += 1) {
      if (this.time(i) > newest) live.push([this.time(i), this.value(i)]);
    }
    this.start = 0;
    this.count = 0;
    times.forEach((time, i) => {
      const value = values[i];
      if (value !== null && value !== undefined) this.push(time, value);
    });
    for (const [time, value] of live) this.push(time, value);
  }

  private slot(index: number): number {
    return (this.start + index) % this.times.length;
  }

  private grow(): void {
    const size = Math.min(this.capacity, this.times.length * 2);
    const times = new Float64Array(size);
    const values = new Float64Array(size);
    for (let i = 0; i < this.count; i += 1) {
      times[i] = this.time(i);
      values[i] = this.value(i);
    }
    this.times = times;
    this.values = values;
    this.start = 0;
  }
}

function newestValue(times: readonly number[], values: readonly (number | null | undefined)[]): number {
  for (let i = times.length - 1; i >= 0; i -= 1) {
    if (typeof values[i] === "number") return times[i] ?? Number.NEGATIVE_INFINITY;
  }
  return Number.NEGATIVE_INFINITY;
}
