/** Axes and scales of the charts: one unit each, stable ticks. */
import type uPlot from "uplot";
import { formatByteRate, formatBytes, formatMillis, formatNumber, formatPercent } from "../format";
import { color } from "./palette";

export type Unit = "percent" | "bytes" | "byte rate" | "number" | "millis" | "count";

const FORMAT: Record<Unit, (value: number | null | undefined) => string> = {
  percent: formatPercent,
  bytes: formatBytes,
  "byte rate": formatByteRate,
  number: formatNumber,
  millis: formatMillis,
  count: (value) => (typeof value === "number" ? String(Math.round(value)) : formatNumber(null)),
};

export function formatUnit(unit: Unit, value: number | null | undefined): string {
  return FORMAT[unit](value);
}

/** Ticks carry no needless zeros: `20 %`, `1.5 MB/s`. */
function tick(unit: Unit, value: number): string {
  if (unit === "percent") return `${Math.round(value * 100)} %`;
  if (unit === "number" || unit === "count") return String(Number(value.toPrecision(6)));
  return formatUnit(unit, value)
    .replace(/(\.\d*?)0+(?= )/, "$1")
    .replace(/\.(?= )/, "");
}

const HALF_DAY_MS = 43_200_000;
const FONT = '11px system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

/** Steps of 1, 2, 4 … 512 in each binary unit, so that memory ticks are whole GiB. */
const BINARY_STEPS = Array.from({ length: 50 }, (_, power) => 2 ** power);

export function axes(unit: Unit): uPlot.Axis[] {
  const shared = {
    stroke: () => color("axis"),
    font: FONT,
    ticks: { show: false },
  };
  return [
    {
      ...shared,
      space: 70,
      // Long ranges have a second line with the date.
      size: (plot) => ((plot.scales["x"]?.max ?? 0) - (plot.scales["x"]?.min ?? 0) > HALF_DAY_MS ? 38 : 26),
      gap: 6,
      grid: { show: false },
      values: [
        [86_400_000, "{D} {MMM}", null, null, null, null, null, null, 1],
        [3_600_000, "{HH}:{mm}", "\n{D} {MMM}", null, null, null, null, null, 1],
        [60_000, "{HH}:{mm}", null, null, null, null, null, null, 1],
        [1_000, "{HH}:{mm}:{ss}", null, null, null, null, null, null, 1],
      ],
    },
    {
      ...shared,
      space: 30,
      size: 62,
      gap: 6,
      grid: { stroke: () => color("grid"), width: 1 },
      values: (_, splits) => splits.map((value) => tick(unit, value)),
      ...(unit === "bytes" ? { incrs: BINARY_STEPS } : {}),
      ...(unit === "count" ? { incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000] } : {}),
    },
  ];
}

/** The y scale starts at zero; a ceiling keeps it still, otherwise it leaves a little air. */
export function yRange(ceiling: number | null, least: number): uPlot.Scale.Range {
  if (ceiling !== null) return [0, ceiling];
  // A series of zeros too needs an axis with a height.
  return (_, __, max) => [0, Math.max(least, (max ?? 0) * 1.08) || 1];
}

/** The y scale of values that may be anywhere, below zero too: from the least to the greatest, with a little air. */
export function fittingRange(min: number | null, max: number | null): [number, number] {
  const [low, high] = [min ?? 0, max ?? 0];
  const air = (high - low) * 0.08 || Math.abs(high) * 0.08 || 1;
  return [low - air, high + air];
}
