/** Metrics and control charts of a model: what is drawn of which windows, and what is said beside it. */
import { expect, test } from "vitest";
import { fittingRange } from "../src/charts/axes";
import { chartLines, chartsOf, whatIsOut } from "../src/models/chart_lines";
import type { ChartPoint, DriftWindow, MetricWindow } from "../src/models/contract";
import { metricLines, namesOf, versionsOf } from "../src/models/metric_lines";

function metric(start: number, name: string, version: string, mean: number): MetricWindow {
  return {
    version,
    metric: name,
    start_ms: start,
    window_s: 60,
    count: 3,
    mean,
    min: mean - 1,
    max: mean + 2,
  };
}

const METRICS = [
  metric(120, "cost", "2", 4),
  metric(60, "cost", "2", 3),
  metric(60, "cost", "1", 9),
  metric(60, "age", "1", 1),
];

test("metrics are chosen by name and version, in the order of time", () => {
  expect(namesOf(METRICS)).toEqual(["age", "cost"]);
  expect(versionsOf(METRICS, "cost")).toEqual(["1", "2"]);
  expect(versionsOf(METRICS, "age")).toEqual(["1"]);
  const lines = metricLines(METRICS, "cost", "2");
  expect(lines).toEqual({ times: [60, 120], mean: [3, 4], min: [2, 3], max: [5, 6] });
  expect(METRICS[0]?.start_ms).toBe(120);
});

function point(chart: string, value: number, broken: string[] = [], of = ""): ChartPoint {
  return { chart, of, value, centre: 5, lower: 4, upper: 6, broken };
}

function window(start: number, charts?: ChartPoint[]): DriftWindow {
  const counts = { bins: [], missing: 0, other: 0, below: 0, above: 0, n: 0, mean: null, deviation: null };
  const verdict = {
    feature: "x",
    state: "ok" as const,
    reference: 1,
    window: 1,
    needed: 1,
    findings: [],
    moved: [],
  };
  const about = { version: "", feature: "x", start_ms: start, window_s: 60, reference: 1, rows: 1 };
  return {
    ...about,
    state: "ok",
    raised: false,
    counts,
    verdict,
    ...(charts === undefined ? {} : { charts }),
  };
}

test("each chart of a feature may be chosen, a category by its name", () => {
  const windows = [
    window(60, [point("mean", 5)]),
    window(120, [point("mean", 5), point("category", 0.5, [], "pro")]),
  ];
  expect(chartsOf(windows)).toEqual([
    { id: "mean", label: "Mean" },
    { id: "category pro", label: "pro" },
  ]);
  expect(chartsOf([window(60)])).toEqual([]);
});

test("a window without a point is a hole, and one that breaks rules is told", () => {
  const windows = [
    window(180, [point("mean", 7, ["beyond a limit"])]),
    window(60, [point("mean", 5)]),
    window(120, []),
  ];
  const lines = chartLines(windows, "mean");
  expect(lines.times).toEqual([60, 120, 180]);
  expect(lines.value).toEqual([5, null, 7]);
  expect(lines.upper).toEqual([6, null, 6]);
  expect(lines.out).toEqual([{ start: 180, broken: ["beyond a limit"] }]);
  expect(whatIsOut(lines)).toBe("Out of control now: beyond a limit. Out of control in 1 of 3 windows.");
});

test("what was out of control and is no more is said apart", () => {
  const before = chartLines(
    [window(60, [point("mean", 7, ["a", "b"])]), window(120, [point("mean", 5)])],
    "mean",
  );
  expect(whatIsOut(before)).toBe("Out of control in 1 of 2 windows.");
  expect(whatIsOut(chartLines([window(60, [point("mean", 5)])], "mean"))).toBe("In control in all windows.");
});

test("an axis that fits has air on both sides, also around a single value and below zero", () => {
  expect(fittingRange(-2, 8)).toEqual([-2.8, 8.8]);
  expect(fittingRange(100, 100)).toEqual([92, 108]);
  expect(fittingRange(0, 0)).toEqual([-1, 1]);
  expect(fittingRange(null, null)).toEqual([-1, 1]);
});
