/** What the gateway says of models and their windows. */
import type { Id } from "../gateway/contract";

export type DriftState = "ok" | "drift" | "insufficient_data" | "no_data";

export interface Model {
  id: Id;
  name: string;
  window_s: number;
  /** Null: windows do not overlap. */
  slide_s?: number | null;
  /** Not null: windows are of so many rows. */
  window_rows?: number | null;
  /** Not null: all columns are looked at together in windows of so many seconds. */
  multivariate_s?: number | null;
  /** Not null: rows are judged by the values of this column too. */
  segment_by?: string | null;
  alpha: number;
  wanted: number;
  of: number;
  /** Null: nothing is said of quality. */
  task?: "classification" | "regression" | null;
  created_ms: number;
}

export interface Finding {
  statistic: string;
  value: number | null;
  threshold: number | null;
  p: number | null;
  adjusted: number | null;
  drifted: boolean;
}

export interface Moved {
  bin: string;
  reference: number;
  window: number;
}

/** How far a window lies from its reference, beside what was tested. */
export interface Distances {
  js: number | null;
  chi_square: number | null;
  chi_square_p: number | null;
  ks: number | null;
  wasserstein: number | null;
  mean_shift: number | null;
  mean_shift_p: number | null;
  deviation_ratio: number | null;
}

export interface Verdict {
  feature: string;
  state: DriftState;
  reference: number;
  window: number;
  needed: number;
  findings: Finding[];
  moved: Moved[];
  /** The most frequent values that the reference does not know, of so many distinct ones. */
  unseen?: { value: string; rows: number }[];
  unseen_values?: number;
  measures?: Distances | null;
}

export interface Counts {
  bins: number[];
  missing: number;
  other: number;
  below: number;
  above: number;
  n: number;
  mean: number | null;
  deviation: number | null;
  /** Of numbers, by share ("0.5" is the median). Windows of before there were any lack them. */
  quantiles?: Record<string, number | null>;
  distinct?: number;
  /** The most frequent numbers, and about how often they came. */
  top?: { value: number; count: number }[];
}

/** One window of one feature; of the rows of one segment, if it has one. */
export interface DriftWindow {
  version: string;
  segment?: string;
  feature: string;
  start_ms: number;
  window_s: number;
  reference: Id;
  state: DriftState;
  raised: boolean;
  rows: number;
  counts: Counts;
  verdict: Verdict;
  /** Of models with control charts. */
  charts?: ChartPoint[];
}

/** A window's point in a control chart; `of` is the category whose share it is, else empty. */
export interface ChartPoint {
  chart: string;
  of: string;
  value: number | null;
  centre: number | null;
  lower: number | null;
  upper: number | null;
  broken: string[];
}

export interface Drift {
  model: Model;
  from: number;
  to: number;
  windows: DriftWindow[];
}

/** All columns of one window beside those of the reference; with a `reason` there is no answer. */
export interface MultivariateWindow {
  version: string;
  start_ms: number;
  window_s: number;
  state: DriftState;
  raised: boolean;
  rows: number;
  result: {
    reason?: string;
    adjusted?: number;
    domain?: { auc: number; low: number; high: number; p: number } | null;
    reconstruction?: { error: number; usual: number; lower: number; upper: number; p: number } | null;
    /** Features whose means differ most: `city = Oslo` is a share. */
    moved?: { feature: string; baseline: number | null; window: number | null; adjusted: number }[];
    pairs?: { first: string; second: string; baseline: number; window: number; adjusted: number }[];
    /** Columns of the reference that no row of the window has: they are not compared. */
    absent?: string[];
  };
}

export interface Multivariate {
  model: Model;
  from: number;
  to: number;
  windows: MultivariateWindow[];
}

/** What became of the predictions of one window: `metrics` of its `labelled` rows, `estimated` from scores alone. */
export interface QualityWindow {
  version: string;
  start_ms: number;
  window_s: number;
  rows: number;
  labelled: number;
  metrics: Record<string, number | null>;
  /** With 95 %. */
  intervals: Record<string, [number, number] | null>;
  estimated: Record<string, number | null>;
}

export interface Quality {
  model: Model;
  from: number;
  to: number;
  windows: QualityWindow[];
}

/** What the values of a metric came to in one window. */
export interface MetricWindow {
  version: string;
  metric: string;
  start_ms: number;
  window_s: number;
  count: number;
  mean: number;
  min: number;
  max: number;
}

export interface Metrics {
  model: Model;
  from: number;
  to: number;
  windows: MetricWindow[];
}

/** A feature of a reference. */
export interface Profile {
  name: string;
  kind: string;
  counts: number[];
  edges: number[];
  points: number[];
  categories: string[];
  missing: number;
  other: number;
  below: number;
  above: number;
  mean: number;
}

/** Segments of a reference: of each feature a line for each segment (the last two other and missing), and in it a
 * number for each place: below, the bins, above, missing, other. */
export interface ReferenceSegments {
  column: string;
  names: string[];
  counts: Record<string, number[][]>;
}

export interface Reference {
  id: Id;
  rows: number;
  profiles: Profile[];
  segments: ReferenceSegments | null;
}

/** A feature in a segment: `drifted` of its `windows` that could be judged; `raised` after the newest. */
export interface SegmentCell {
  feature: string;
  windows: number;
  drifted: number;
  psi: number | null;
  raised: boolean;
}

/** Its features, the worst first; `raised` and `drifted` count them. */
export interface Segment {
  version: string;
  segment: string;
  rows: number;
  raised: number;
  drifted: number;
  features: SegmentCell[];
}

export interface SegmentTable {
  segment_by: string | null;
  /** `segments` is null where a reference has none that the settings ask for. */
  references: { version: string; reference: Id; segments: string[] | null }[];
  segments: Segment[];
}

export const STATE_LABEL: Record<DriftState, string> = {
  ok: "OK",
  drift: "Drift",
  insufficient_data: "Too few rows",
  no_data: "No data",
};

export const STATISTIC_LABEL: Record<string, string> = {
  psi: "Distribution (PSI)",
  missing_rate: "Missing",
  other_rate: "Unseen values",
  out_of_range_rate: "Out of range",
  chi_square: "Distribution (χ²)",
  ks: "Distribution (KS)",
  mean_shift: "Mean",
};

/** How long a window is; those of rows may be of any length. */
export function lengthOf(seconds: number): string {
  return seconds % 60 === 0 ? `${seconds / 60} min` : `${seconds} s`;
}

/** A reference in the list of a model's references. */
export interface ReferenceRow {
  id: Id;
  version: string;
  rows: number;
  features: number;
  created_ms: number;
}

export interface FeatureComparison {
  feature: string;
  state: DriftState | "undecided";
  findings: Finding[];
  /** Why a statistic is none, by its name. */
  not_compared: Record<string, string>;
}

/** The second reference judged as a window of the first. */
export interface ReferenceComparison {
  features: FeatureComparison[];
  only_in_first: string[];
  only_in_second: string[];
  kinds_changed: { feature: string; first: string; second: string }[];
}
