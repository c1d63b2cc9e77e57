/** Medians of each phase of a check over time. */
import type { CheckPhase, CheckResult, MonitorHistory } from "../gateway/contract";
import type { Cell } from "../series/gaps";

export const PHASES: readonly CheckPhase[] = ["dns", "connect", "tls", "ttfb", "transfer"];

export interface PhaseSeries {
  timestamps: readonly number[];
  /** In the order of `PHASES`, without those that no check reached. */
  columns: ReadonlyMap<CheckPhase, readonly Cell[]>;
}

/** The gateway's own medians, or null where its history has none. */
export function phasesOfHistory(history: MonitorHistory): PhaseSeries | null {
  const columns = new Map<CheckPhase, readonly Cell[]>();
  for (const phase of PHASES) {
    const values = history.phases?.[phase]?.p50_ms;
    if (Array.isArray(values) && values.some((value) => value !== null)) columns.set(phase, values);
  }
  return columns.size === 0 ? null : { timestamps: history.timestamps, columns };
}

/** Medians of raw checks at the steps of the history; where checks do not reach back, holes stay. */
export function phasesOfChecks(checks: readonly CheckResult[], history: MonitorHistory): PhaseSeries {
  const { timestamps, step_s } = history;
  const first = timestamps[0] ?? 0;
  const groups = new Map<CheckPhase, number[][]>(PHASES.map((phase) => [phase, timestamps.map(() => [])]));
  for (const check of checks) {
    const step = Math.floor((check.scheduled_ms - first) / (step_s * 1000));
    if (step < 0 || step >= timestamps.length || check.outcome === "down") continue;
    for (const phase of PHASES) {
      const ms = check.phases?.[phase];
      if (typeof ms === "number") groups.get(phase)?.[step]?.push(ms);
    }
  }
  const columns = new Map<CheckPhase, Cell[]>();
  for (const [phase, steps] of groups) {
    if (steps.some((values) => values.length > 0)) columns.set(phase, steps.map(median));
  }
  // Stacked: a phase that a step lacks has taken no time there, unless the step has none at all.
  const reached = timestamps.map((_, i) => [...columns.values()].some((column) => column[i] !== null));
  for (const [phase, column] of columns) {
    columns.set(
      phase,
      column.map((value, i) => (value === null && reached[i] ? 0 : value)),
    );
  }
  return { timestamps, columns };
}

export function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const high = sorted[middle] ?? 0;
  return sorted.length % 2 === 1 ? high : ((sorted[middle - 1] ?? 0) + high) / 2;
}
