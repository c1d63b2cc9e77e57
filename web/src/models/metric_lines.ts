/** One metric of a model over the windows of a version: its mean, and how far its values went. */
import type { Cell } from "../series/gaps";
import type { MetricWindow } from "./contract";

export interface MetricLines {
  times: number[];
  mean: Cell[];
  min: Cell[];
  max: Cell[];
}

/** The names there are, and the versions of one of them. */
export function namesOf(windows: readonly MetricWindow[]): string[] {
  return [...new Set(windows.map((one) => one.metric))].sort();
}

export function versionsOf(windows: readonly MetricWindow[], metric: string): string[] {
  return [...new Set(windows.filter((one) => one.metric === metric).map((one) => one.version))].sort();
}

export function metricLines(windows: readonly MetricWindow[], metric: string, version: string): MetricLines {
  const chosen = windows.filter((one) => one.metric === metric && one.version === version);
  const sorted = chosen.sort((a, b) => a.start_ms - b.start_ms);
  return {
    times: sorted.map((one) => one.start_ms),
    mean: sorted.map((one) => one.mean),
    min: sorted.map((one) => one.min),
    max: sorted.map((one) => one.max),
  };
}
