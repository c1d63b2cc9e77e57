/** Columns over one time axis, loaded from a query and extended by the stream. */
import { type Cell, gapAfter, markGaps } from "./gaps";

export class SampleTable {
  times: number[] = [];
  readonly columns = new Map<string, Cell[]>();
  private readonly lastAt = new Map<string, number>();

  /** `cadenceMs`: the usual distance between two reports. */
  constructor(private cadenceMs: number) {}

  get keys(): string[] {
    return [...this.columns.keys()];
  }

  /** Replaces everything. Steps after the newest value are dropped: they are not over yet. */
  load(times: readonly number[], columns: ReadonlyMap<string, readonly Cell[]>, cadenceMs: number): void {
    this.cadenceMs = cadenceMs;
    this.columns.clear();
    this.lastAt.clear();
    let end = 0;
    for (const values of columns.values()) end = Math.max(end, lastNumber(values) + 1);
    this.times = times.slice(0, end);
    for (const [key, values] of columns) {
      this.columns.set(key, markGaps(this.times, values.slice(0, end), gapAfter(cadenceMs)));
      const last = lastNumber(values);
      if (last >= 0) this.lastAt.set(key, this.times[last] ?? 0);
    }
  }

  /** Appends one value; an earlier row is ignored (history already has it). True when something changed. */
  put(key: string, time: number, value: number): boolean {
    const lastAt = this.lastAt.get(key);
    if (lastAt !== undefined && time < lastAt) return false;
    if (!this.columns.has(key)) {
      this.columns.set(key, new Array<Cell>(this.times.length).fill(null));
    }
    if (lastAt !== undefined && time - lastAt > gapAfter(this.cadenceMs)) {
      const hole = this.row(lastAt + this.cadenceMs);
      const column = this.columns.get(key);
      if (column && column[hole] === undefined) column[hole] = null;
    }
    const row = this.row(time);
    const column = this.columns.get(key);
    if (column) column[row] = value;
    this.lastAt.set(key, time);
    return true;
  }

  dropBefore(time: number): void {
    let drop = 0;
    while (drop < this.times.length && (this.times[drop] ?? 0) < time) drop += 1;
    if (drop === 0) return;
    this.times.splice(0, drop);
    for (const column of this.columns.values()) column.splice(0, drop);
  }

  /** The newest value of a column. */
  latest(key: string): number | null {
    const column = this.columns.get(key) ?? [];
    const value = column[lastNumber(column)];
    return value ?? null;
  }

  /** The index of the row at `time`, made when it is missing. */
  private row(time: number): number {
    let index = this.times.length;
    while (index > 0 && (this.times[index - 1] ?? 0) > time) index -= 1;
    if (index > 0 && this.times[index - 1] === time) return index - 1;
    this.times.splice(index, 0, time);
    for (const column of this.columns.values()) column.splice(index, 0, undefined);
    return index;
  }
}

function lastNumber(values: readonly Cell[]): number {
  for (let i = values.length - 1; i >= 0; i -= 1) if (typeof values[i] === "number") return i;
  return -1;
}

/** Adds series of the same steps: a step has a value when any series has one. */
export function sumCells(columns: readonly (readonly Cell[])[], length: number): Cell[] {
  const sums: Cell[] = [];
  for (let i = 0; i < length; i += 1) {
    let sum: Cell = null;
    for (const column of columns) {
      const value = column[i];
      if (typeof value === "number") sum = (sum ?? 0) + value;
    }
    sums.push(sum);
  }
  return sums;
}
