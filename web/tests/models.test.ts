/** Windows of models: which stand where, and how shares lie side by side. */
import { expect, test } from "vitest";
import type { Counts, DriftWindow, Profile } from "../src/models/contract";
import { sharesOf } from "../src/models/distribution";
import { driftTable, MOST_COLUMNS } from "../src/models/drift_table";
import { absentText, isShown, ofVersion, whatMoved } from "../src/models/multivariate_panel";
import { differences, unmatched } from "../src/models/reference_panel";
import { driftedIn, profileOfSegment, whyNone } from "../src/models/segments";
import { distanceText, distinctText, unseenText } from "../src/models/window_panel";

const COUNTS: Counts = {
  bins: [],
  missing: 0,
  other: 0,
  below: 0,
  above: 0,
  n: 0,
  mean: null,
  deviation: null,
};

function window(feature: string, start: number, fields: Partial<DriftWindow> = {}): DriftWindow {
  const verdict = {
    feature,
    state: "ok" as const,
    reference: 9,
    window: 9,
    needed: 9,
    findings: [],
    moved: [],
  };
  const plain = { version: "", feature, start_ms: start, window_s: 60, reference: 1, state: "ok" as const };
  return { ...plain, raised: false, rows: 9, counts: COUNTS, verdict, ...fields };
}

function profile(fields: Partial<Profile>): Profile {
  const none = {
    counts: [],
    edges: [],
    points: [],
    categories: [],
    missing: 0,
    other: 0,
    below: 0,
    above: 0,
  };
  return { name: "x", kind: "numeric", mean: 0, ...none, ...fields };
}

test("features in which drift is raised come first, then those that drifted oftener, then by name", () => {
  const found = driftTable([
    window("b", 60),
    window("a", 60),
    window("c", 60, { state: "drift" }),
    window("c", 120),
    window("d", 120, { state: "drift", raised: true }),
  ]);
  expect(found.columns).toEqual([60, 120]);
  expect(found.rows.map((row) => [row.feature, row.raised])).toEqual([
    ["d", true],
    ["c", false],
    ["a", false],
    ["b", false],
  ]);
  expect([...(found.rows[1]?.cells.keys() ?? [])]).toEqual([60, 120]);
});

test("versions are rows of their own, and only the newest windows are shown", () => {
  const many = Array.from({ length: MOST_COLUMNS + 5 }, (_, index) => window("a", index * 60));
  const found = driftTable([...many, window("a", 0, { version: "2" }), window("a", 9e6, { version: "3" })]);
  expect(found.columns.length).toBe(MOST_COLUMNS);
  expect(found.columns[0]).toBe(6 * 60);
  expect(found.rows.map((row) => row.version)).toEqual(["", "3"]);
});

test("shares are of all rows, missing and unseen ones too", () => {
  const shares = sharesOf(profile({ categories: ["a", "b"], counts: [60, 30], missing: 10 }), {
    ...COUNTS,
    bins: [10, 20],
    other: 10,
  });
  expect(shares).toEqual([
    { label: "a", reference: 0.6, window: 0.25 },
    { label: "b", reference: 0.3, window: 0.5 },
    { label: "unseen", reference: 0, window: 0.25 },
    { label: "missing", reference: 0.1, window: 0 },
  ]);
});

test("intervals keep their order, and rare categories stand together", () => {
  const numeric = sharesOf(profile({ edges: [1.23456, 2], counts: [1, 1, 2] }), {
    ...COUNTS,
    bins: [0, 0, 0],
  });
  expect(numeric.map((share) => share.label)).toEqual(["−∞ … 1.235", "1.235 … 2", "2 … ∞"]);
  expect(numeric.every((share) => share.window === 0)).toBe(true);
  const categories = Array.from({ length: 25 }, (_, index) => `c${index}`);
  const many = sharesOf(profile({ categories, counts: categories.map((_, index) => index + 1) }), {
    ...COUNTS,
    bins: categories.map(() => 1),
  });
  expect(many.length).toBe(21);
  expect(many[0]?.label).toBe("c24");
  expect(many.at(-1)).toEqual({ label: "5 others", reference: 15 / 325, window: 5 / 25 });
});

test("values that the reference does not know are named, and how many more there are", () => {
  const { verdict } = window("city", 60);
  expect(unseenText(verdict)).toBe("");
  const unseen = [
    { value: "Oslo", rows: 20 },
    { value: "Riga", rows: 3 },
  ];
  expect(unseenText({ ...verdict, unseen, unseen_values: 2 })).toBe(
    "Not in the reference: Oslo (20), Riga (3).",
  );
  expect(unseenText({ ...verdict, unseen, unseen_values: 6 })).toContain("and 4 more");
});

test("two references: what differs beyond chance, and what only one of them has", () => {
  const finding = { threshold: null, p: 1e-9, drifted: true };
  const one = {
    feature: "age",
    state: "drift" as const,
    findings: [
      { ...finding, statistic: "psi", value: 0.3141, adjusted: 1.23e-9 },
      { ...finding, statistic: "missing_rate", value: 0.1, adjusted: 0.4, drifted: false },
    ],
    not_compared: {},
  };
  expect(differences(one)).toBe("Distribution (PSI) 0.314, p 1.2e-9");
  const found = {
    features: [one],
    only_in_first: ["x", "y"],
    only_in_second: [],
    kinds_changed: [{ feature: "plan", first: "numeric", second: "categorical" }],
  };
  expect(unmatched(found)).toEqual(["Only in the first: x, y.", "plan was numeric and is categorical."]);
});

function cell(feature: string, drifted: number) {
  return { feature, windows: 9, drifted, psi: 0.1, raised: false };
}

test("what drifted in a segment is named, and beyond three it is counted", () => {
  const plain = { version: "", segment: "de", rows: 9, raised: 0, drifted: 0 };
  expect(driftedIn({ ...plain, features: [cell("a", 1), cell("b", 0)] })).toBe("a");
  const many = ["a", "b", "c", "d", "e"].map((feature) => cell(feature, 2));
  expect(driftedIn({ ...plain, features: many })).toBe("a, b, c and 2 more");
  expect(driftedIn({ ...plain, features: [] })).toBe("");
});

test("a reference without the segments that are asked for is named", () => {
  const table = { segment_by: "land", segments: [] };
  const known = { version: "", reference: 3, segments: ["de", "other", "missing"] };
  expect(whyNone({ ...table, references: [known] })).toBe("No window with segments in this range.");
  expect(whyNone({ ...table, references: [known, { ...known, reference: 4, segments: null }] })).toContain(
    "Reference 4 has no segments by land",
  );
});

test("a segment of a reference has the bins of the whole and counts of its own", () => {
  const whole = profile({ name: "age", edges: [1], counts: [7, 9], missing: 3 });
  const segments = {
    column: "land",
    names: ["de"],
    counts: {
      age: [
        [1, 2, 3, 4, 5, 6],
        [0, 5, 6, 0, 0, 0],
        [0, 0, 0, 0, 1, 0],
      ],
    },
  };
  expect(profileOfSegment(whole, segments, "de")).toEqual({
    ...whole,
    counts: [2, 3],
    below: 1,
    above: 4,
    missing: 5,
    other: 6,
  });
  expect(profileOfSegment(whole, segments, "missing")?.missing).toBe(1);
  expect(profileOfSegment(whole, segments, "fr")).toBeNull();
  expect(profileOfSegment(whole, null, "de")).toBeNull();
});

test("how many values are distinct, and which come often", () => {
  const counts = { bins: [], missing: 0, other: 0, below: 0, above: 0, n: 9, mean: 1, deviation: 1 };
  expect(distinctText(counts)).toBe("");
  expect(distinctText({ ...counts, distinct: 1 })).toBe("1 distinct value.");
  const top = [
    { value: 0, count: 120 },
    { value: -1.23456, count: 40 },
  ];
  expect(distinctText({ ...counts, distinct: 34, top })).toBe(
    "34 distinct values; most often 0 (about 120 times), -1.23 (about 40 times).",
  );
});

test("the pair that goes together otherwise is named where there is drift, and the reason where there is no answer", () => {
  const pair = { first: "x", second: "y", baseline: 0.012, window: 0.71, adjusted: 0.001 };
  const one = { version: "", start_ms: 0, window_s: 60, state: "drift" as const, raised: true, rows: 9 };
  expect(whatMoved({ ...one, result: { pairs: [pair] } }, 0.05)).toBe(
    "correlation of x and y: 0.01, now 0.71",
  );
  expect(whatMoved({ ...one, result: { pairs: [{ ...pair, adjusted: 0.3 }] } }, 0.05)).toBe("");
  expect(whatMoved({ ...one, result: { pairs: [{ ...pair, adjusted: 0.03 }] } }, 0.01)).toBe("");
  expect(whatMoved({ ...one, result: { pairs: [{ ...pair, adjusted: 0.3 }] } }, 0.4)).toContain("x and y");
  expect(whatMoved({ ...one, state: "ok", result: { pairs: [pair] } }, 0.05)).toBe("");
  expect(whatMoved({ ...one, result: { reason: "too few rows" } }, 0.05)).toBe("too few rows");
  const oslo = { feature: "city = Oslo", baseline: 0.3123, window: 0.62, adjusted: 0.001 };
  const gone = { feature: "age", baseline: 41, window: null, adjusted: 0.02 };
  const noise = { feature: "pay", baseline: 1, window: 2, adjusted: 0.2 };
  expect(whatMoved({ ...one, result: { moved: [oslo, gone, noise], pairs: [pair] } }, 0.05)).toBe(
    "city = Oslo: 0.312, now 0.62; age: 41, now –; correlation of x and y: 0.01, now 0.71",
  );
});

test("all columns together are shown by version, and what was found stays when nobody asks any more", () => {
  const one = { start_ms: 0, window_s: 60, state: "ok" as const, raised: false, rows: 9, result: {} };
  const [first, second] = [
    { ...one, version: "1", result: { absent: ["label"] } },
    { ...one, version: "2" },
  ];
  expect(ofVersion([second, first], null)).toEqual({ versions: ["1", "2"], version: "1", windows: [first] });
  expect(ofVersion([second, first], "2")).toEqual({ versions: ["1", "2"], version: "2", windows: [second] });
  expect(ofVersion([second], "1").version).toBe("2");
  expect(absentText([second, first])).toBe("Not compared, since rows do not have them: label.");
  expect(absentText([first, second])).toBe("");
  const model = { id: 1, name: "m", window_s: 60, alpha: 0.05, wanted: 1, of: 1, created_ms: 0 };
  const range = { from: 0, to: 9 };
  expect(isShown({ ...range, model: { ...model, multivariate_s: null }, windows: [first] })).toBe(true);
  expect(isShown({ ...range, model: { ...model, multivariate_s: null }, windows: [] })).toBe(false);
  expect(isShown({ ...range, model: { ...model, multivariate_s: 60 }, windows: [] })).toBe(true);
});

test("what was measured beside the tests is said, and what there is not is left out", () => {
  const verdict = {
    feature: "x",
    state: "ok" as const,
    reference: 9,
    window: 9,
    needed: 9,
    findings: [],
    moved: [],
  };
  expect(distanceText(verdict)).toBe("");
  const none = { ks: null, wasserstein: null, mean_shift_p: null, deviation_ratio: null };
  const measures = { js: 0.123456, chi_square: 41.2, chi_square_p: 0.00023, mean_shift: -0.4, ...none };
  expect(distanceText({ ...verdict, measures })).toBe(
    "JS 0.123, χ² 41.2 (p 2.3e-4), mean shift -0.4 deviations",
  );
});
