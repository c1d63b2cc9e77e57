/** The ranges a chart can show, and the step to ask for. */

export interface Range {
  id: string;
  label: string;
  seconds: number;
  /** Short enough that single reports show, so the stream is appended. */
  live: boolean;
}

export const RANGES: readonly Range[] = [
  { id: "15m", label: "15 min", seconds: 900, live: true },
  { id: "1h", label: "1 h", seconds: 3_600, live: true },
  { id: "6h", label: "6 h", seconds: 21_600, live: false },
  { id: "24h", label: "24 h", seconds: 86_400, live: false },
  { id: "7d", label: "7 d", seconds: 604_800, live: false },
  { id: "30d", label: "30 d", seconds: 2_592_000, live: false },
];

/** Endpoints keep their hours for a year. */
export const ENDPOINT_RANGES: readonly Range[] = [
  ...RANGES.filter((range) => range.id !== "15m"),
  { id: "90d", label: "90 d", seconds: 7_776_000, live: false },
];

export function rangeById(
  id: string | null | undefined,
  fallback: string,
  ranges: readonly Range[] = RANGES,
): Range {
  const found = ranges.find((range) => range.id === id) ?? ranges.find((range) => range.id === fallback);
  if (!found) throw new Error(`no such range: ${fallback}`);
  return found;
}

const STEPS_S = [10, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400];
const POINTS = 380;

/**
 * Seconds between points: a round step that keeps a chart under about 380 points, and never below the
 * interval of the reports, because empty steps between two reports would look like gaps.
 */
export function stepFor(rangeSeconds: number, intervalSeconds: number): number {
  const wanted = Math.max(rangeSeconds / POINTS, intervalSeconds);
  return STEPS_S.find((step) => step >= wanted) ?? 86_400;
}

/** The window to ask for, on whole steps so that buckets do not shift from one load to the next. */
export function windowOf(range: Range, now: number, stepSeconds: number): { from: number; to: number } {
  const step = stepSeconds * 1000;
  return { from: Math.floor((now - range.seconds * 1000) / step) * step, to: now };
}

/** The end of the last step that is over: the increase of an unfinished one would read as a fall of the rate. */
export function lastWholeStep(now: number, stepSeconds: number): number {
  const step = stepSeconds * 1000;
  return Math.floor(now / step) * step;
}

/** How long a range that is not live waits before it asks again. */
export function reloadEveryMs(range: Range, stepSeconds: number): number {
  return Math.min(Math.max(stepSeconds, 30), range.live ? 60 : 300) * 1000;
}
