/** One metric of quality over the windows of a version: as outcomes have shown it, and as scores let expect it. */
import type { Cell } from "../series/gaps";
import type { Model, QualityWindow } from "./contract";

/** Fewer labelled rows (predictions, of what is estimated) say too little; rules begin there too. */
export const FEWEST_ROWS = 30;

export const METRIC_LABEL: Record<string, string> = {
  accuracy: "Accuracy",
  precision: "Precision",
  recall: "Recall",
  f1: "F1",
  auc: "ROC area",
  log_loss: "Log loss",
  brier: "Brier score",
  calibration_error: "Calibration error",
  mae: "MAE",
  rmse: "RMSE",
};

/** Whose values are shares: their axis ends at 1. */
export const SHARES = new Set(["accuracy", "precision", "recall", "f1", "auc"]);
const REGRESSION = ["mae", "rmse"];

export function metricsOf(model: Model): string[] {
  const all = Object.keys(METRIC_LABEL);
  if (model.task === "regression") return REGRESSION;
  return model.task === "classification" ? all.filter((metric) => !REGRESSION.includes(metric)) : [];
}

export interface QualityLines {
  times: number[];
  realised: Cell[];
  low: Cell[];
  high: Cell[];
  estimated: Cell[];
}

/** Windows with too few rows are holes. */
export function qualityLines(windows: readonly QualityWindow[], metric: string): QualityLines {
  const sorted = [...windows].sort((a, b) => a.start_ms - b.start_ms);
  const told = (one: QualityWindow) => one.labelled >= FEWEST_ROWS;
  return {
    times: sorted.map((one) => one.start_ms),
    realised: sorted.map((one) => (told(one) ? (one.metrics[metric] ?? null) : null)),
    low: sorted.map((one) => (told(one) ? (one.intervals[metric]?.[0] ?? null) : null)),
    high: sorted.map((one) => (told(one) ? (one.intervals[metric]?.[1] ?? null) : null)),
    estimated: sorted.map((one) => (one.rows >= FEWEST_ROWS ? (one.estimated[metric] ?? null) : null)),
  };
}

/** What the chart cannot show: that outcomes are missing, or are too few. */
export function whatIsMissing(windows: readonly QualityWindow[]): string {
  if (windows.length === 0) return "No windows with predictions in this range.";
  const without = windows.filter((one) => one.labelled === 0).length;
  const few = windows.filter((one) => one.labelled > 0 && one.labelled < FEWEST_ROWS).length;
  const said: string[] = [];
  if (without === windows.length) said.push("No outcomes yet.");
  else if (without > 0) said.push(`No outcomes yet in ${without} of ${windows.length} windows.`);
  if (few > 0)
    said.push(`Too few rows in ${few} of ${windows.length} windows: under ${FEWEST_ROWS} with an outcome.`);
  return said.join(" ");
}
