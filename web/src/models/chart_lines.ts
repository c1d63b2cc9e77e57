/** A feature's control chart over its windows: points, centre and limits, and where it was out of control. */
import type { Cell } from "../series/gaps";
import type { ChartPoint, DriftWindow } from "./contract";

const LABEL: Record<string, string> = {
  mean: "Mean",
  deviation: "Deviation",
  missing: "Missing",
  other: "Unseen",
  out_of_range: "Out of range",
};

/** The chart that a point is of: the name, and of shares of categories which. */
export function chartId(point: ChartPoint): string {
  return point.of === "" ? point.chart : `${point.chart} ${point.of}`;
}

export interface ChartChoice {
  id: string;
  label: string;
}

/** Charts of these windows, in the order in which they come. */
export function chartsOf(windows: readonly DriftWindow[]): ChartChoice[] {
  const found = new Map<string, string>();
  for (const point of windows.flatMap((one) => one.charts ?? []))
    found.set(chartId(point), point.of === "" ? (LABEL[point.chart] ?? point.chart) : point.of);
  return [...found].map(([id, label]) => ({ id, label }));
}

export interface ChartLines {
  times: number[];
  value: Cell[];
  centre: Cell[];
  lower: Cell[];
  upper: Cell[];
  /** Start of each window that was out of control, and the rules that it broke. */
  out: { start: number; broken: string[] }[];
}

export function chartLines(windows: readonly DriftWindow[], id: string): ChartLines {
  const sorted = [...windows].sort((a, b) => a.start_ms - b.start_ms);
  const points = sorted.map((one) => one.charts?.find((point) => chartId(point) === id) ?? null);
  const cells = (pick: (point: ChartPoint) => number | null) =>
    points.map((point) => (point === null ? null : pick(point)));
  return {
    times: sorted.map((one) => one.start_ms),
    value: cells((point) => point.value),
    centre: cells((point) => point.centre),
    lower: cells((point) => point.lower),
    upper: cells((point) => point.upper),
    out: sorted.flatMap((one, index) => {
      const broken = points[index]?.broken ?? [];
      return broken.length === 0 ? [] : [{ start: one.start_ms, broken }];
    }),
  };
}

/** What the lines do not say: whether the newest window is out of control, and how many were. */
export function whatIsOut(lines: ChartLines): string {
  const last = lines.out.at(-1);
  if (last === undefined) return "In control in all windows.";
  const now = last.start === lines.times.at(-1) ? `Out of control now: ${last.broken.join(", ")}.` : "";
  return [now, `Out of control in ${lines.out.length} of ${lines.times.length} windows.`].join(" ").trim();
}
