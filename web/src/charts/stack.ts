/** Stacking: each series drawn on top of those before it. */
import type { Cell } from "../series/gaps";

/** Running sums, bottom first. Where any part is a hole, everything above it is a hole too. */
export function stacked(columns: readonly (readonly Cell[])[]): Cell[][] {
  const sums: Cell[][] = [];
  let below: readonly Cell[] | null = null;
  for (const column of columns) {
    const base: readonly Cell[] | null = below;
    const sum: Cell[] = column.map((value, i) => {
      if (base === null) return value;
      const under = base[i];
      if (typeof value === "number" && typeof under === "number") return value + under;
      return value === null || under === null ? null : undefined;
    });
    sums.push(sum);
    below = sum;
  }
  return sums;
}

/** Points with a hole on both sides: a line cannot show them, so they get a dot. */
export function lonelyPoints(values: ArrayLike<Cell>, from: number, to: number): number[] {
  const lonely: number[] = [];
  let before: Cell = null;
  for (let i = from; i <= to; i += 1) {
    const value = values[i];
    if (value === undefined) continue;
    if (value !== null && before === null) {
      let next = i + 1;
      while (next <= to && values[next] === undefined) next += 1;
      if (next > to || values[next] === null) lonely.push(i);
    }
    before = value;
  }
  return lonely;
}
