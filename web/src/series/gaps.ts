/** Telling a hole in the data from the ordinary distance between two reports. */

/** A point's value: null is a hole to be drawn as one, undefined means "this series has no row here". */
export type Cell = number | null | undefined;

/** Two neighbours further apart than this have at least one report missing between them. */
export function gapAfter(cadenceMs: number): number {
  return cadenceMs * 1.75;
}

/**
 * Runs of nulls no longer than `gapMs` between two values become undefined: a step may fall between
 * two reports. Longer runs stay null, and are drawn as the holes they are.
 */
export function markGaps(times: readonly number[], values: readonly Cell[], gapMs: number): Cell[] {
  const marked = [...values];
  let before = -1;
  for (let i = 0; i < values.length; i += 1) {
    if (typeof values[i] !== "number") continue;
    if (before >= 0 && i - before > 1 && (times[i] ?? 0) - (times[before] ?? 0) <= gapMs) {
      marked.fill(undefined, before + 1, i);
    }
    before = i;
  }
  return marked;
}

/** The last step may be too young to have a value yet: a short run of nulls at the end is no hole. */
export function withoutYoungEnd(times: readonly number[], values: readonly Cell[], gapMs: number): Cell[] {
  let last = values.length - 1;
  while (last >= 0 && typeof values[last] !== "number") last -= 1;
  const open = [...values];
  const end = times[times.length - 1] ?? 0;
  if (last >= 0 && end - (times[last] ?? 0) <= gapMs) open.fill(undefined, last + 1);
  return open;
}
