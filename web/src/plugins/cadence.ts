/** How often a series really has values: a plugin runs at an interval of its own, which no answer names. */
import type { QueryAnswer, QuerySeries } from "../gateway/contract";

const USUAL_MS = 60_000;

/** The usual distance of two values of a series. The median: one that came early makes no holes of all others. */
export function distanceOf(answer: QueryAnswer, series: QuerySeries): number {
  const times = answer.timestamps.filter((_, index) => typeof series.values[index] === "number");
  const distances = times.slice(1).map((time, index) => time - (times[index] ?? time));
  distances.sort((a, b) => a - b);
  return distances[Math.floor(distances.length / 2)] ?? USUAL_MS;
}

/**
 * Rates of counters that are reported less often than once a step: the gateway divides what came by the step in which it
 * came, while it grew over the whole time since the value before.
 */
export function spread(answer: QueryAnswer, stepMs: number): void {
  for (const series of answer.series) {
    const distance = distanceOf(answer, series);
    if (distance <= stepMs) continue;
    series.values = series.values.map((value) => (value === null ? null : (value * stepMs) / distance));
  }
}
