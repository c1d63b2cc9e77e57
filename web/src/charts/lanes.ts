/** Stretches of time along a strip: where each begins and how long it is, in percent of the strip. */

export interface Stretch {
  from: number;
  to: number;
}

const LEAST_PERCENT = 0.4;

/** The part within the range; null where there is none. Short ones are widened so that they can be seen. */
export function placed(stretch: Stretch, from: number, to: number): { left: number; width: number } | null {
  const length = to - from;
  if (length <= 0 || stretch.to <= from || stretch.from >= to) return null;
  const begin = Math.max(stretch.from, from);
  const end = Math.min(stretch.to, to);
  const width = Math.max(((end - begin) / length) * 100, LEAST_PERCENT);
  const left = Math.min(((begin - from) / length) * 100, 100 - width);
  return { left, width };
}
