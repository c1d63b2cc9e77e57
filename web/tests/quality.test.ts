/** Quality over time: what is drawn of each window, and what is said of those that have nothing to draw. */
import { expect, test } from "vitest";
import type { Model, QualityWindow } from "../src/models/contract";
import { metricsOf, qualityLines, whatIsMissing } from "../src/models/quality_lines";

function window(start: number, labelled: number, fields: Partial<QualityWindow> = {}): QualityWindow {
  const told = { metrics: { accuracy: 0.8 }, intervals: { accuracy: [0.7, 0.9] as [number, number] } };
  const plain = { version: "", start_ms: start, window_s: 60, rows: 100, labelled };
  return { ...plain, ...told, estimated: { accuracy: 0.85 }, ...fields };
}

const MODEL: Model = { id: 1, name: "m", window_s: 60, alpha: 0.05, wanted: 1, of: 1, created_ms: 0 };

test("metrics are those of the task", () => {
  expect(metricsOf({ ...MODEL, task: "regression" })).toEqual(["mae", "rmse"]);
  expect(metricsOf({ ...MODEL, task: "classification" })).toContain("auc");
  expect(metricsOf({ ...MODEL, task: "classification" })).not.toContain("mae");
  expect(metricsOf({ ...MODEL, task: null })).toEqual([]);
});

test("windows stand in the order of time, with their interval and the estimate", () => {
  const found = qualityLines([window(120, 50, { metrics: { accuracy: 0.6 } }), window(60, 50)], "accuracy");
  expect(found.times).toEqual([60, 120]);
  expect(found.realised).toEqual([0.8, 0.6]);
  expect([found.low, found.high]).toEqual([
    [0.7, 0.7],
    [0.9, 0.9],
  ]);
  expect(found.estimated).toEqual([0.85, 0.85]);
});

test("a window with too few rows is a hole, not a number", () => {
  const found = qualityLines([window(60, 29), window(120, 30), window(180, 0, { rows: 29 })], "accuracy");
  expect(found.realised).toEqual([null, 0.8, null]);
  expect(found.low).toEqual([null, 0.7, null]);
  expect(found.estimated).toEqual([0.85, 0.85, null]);
});

test("a metric without a value or an interval is a hole", () => {
  const found = qualityLines([window(60, 50, { metrics: { f1: null }, intervals: { f1: null } })], "f1");
  expect([found.realised, found.low, found.high, found.estimated]).toEqual([[null], [null], [null], [null]]);
});

test("what is missing is said", () => {
  expect(whatIsMissing([])).toBe("No windows with predictions in this range.");
  expect(whatIsMissing([window(60, 0), window(120, 0)])).toBe("No outcomes yet.");
  expect(whatIsMissing([window(60, 0), window(120, 5), window(180, 40)])).toBe(
    "No outcomes yet in 1 of 3 windows. Too few rows in 1 of 3 windows: under 30 with an outcome.",
  );
  expect(whatIsMissing([window(60, 40)])).toBe("");
});
