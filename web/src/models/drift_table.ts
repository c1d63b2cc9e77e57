/** Windows by feature and time: which feature drifted when, the worst first. */
import type { DriftState, DriftWindow } from "./contract";

/** So many windows stand side by side; the newest are shown. */
export const MOST_COLUMNS = 48;

export interface FeatureRow {
  key: string;
  feature: string;
  version: string;
  /** By the window's beginning. */
  cells: Map<number, DriftWindow>;
  /** How it stands after its newest window. */
  raised: boolean;
  state: DriftState;
}

export interface DriftTable {
  columns: number[];
  rows: FeatureRow[];
}

export function driftTable(windows: readonly DriftWindow[]): DriftTable {
  const columns = [...new Set(windows.map((one) => one.start_ms))].sort((a, b) => a - b).slice(-MOST_COLUMNS);
  const shown = new Set(columns);
  const rows = new Map<string, FeatureRow>();
  for (const one of [...windows].sort((a, b) => a.start_ms - b.start_ms)) {
    const key = `${one.version}\u0000${one.feature}`;
    const row = rows.get(key) ?? {
      key,
      feature: one.feature,
      version: one.version,
      cells: new Map(),
      raised: false,
      state: one.state,
    };
    if (shown.has(one.start_ms)) row.cells.set(one.start_ms, one);
    row.raised = one.raised;
    row.state = one.state;
    rows.set(key, row);
  }
  return { columns, rows: [...rows.values()].filter((row) => row.cells.size > 0).sort(worstFirst) };
}

function worstFirst(a: FeatureRow, b: FeatureRow): number {
  const drifted = (row: FeatureRow) => [...row.cells.values()].filter((one) => one.state === "drift").length;
  return (
    Number(b.raised) - Number(a.raised) ||
    drifted(b) - drifted(a) ||
    a.feature.localeCompare(b.feature) ||
    a.version.localeCompare(b.version)
  );
}
