/** The shares of a reference and of a window, bin by bin, side by side. */
import { el } from "../parts/element";
import type { Counts, Profile } from "./contract";

export interface Share {
  label: string;
  reference: number;
  window: number;
}

const MOST_BINS = 20;

/** Shares of all rows; bins beyond the most frequent `MOST_BINS` stand together. */
export function sharesOf(profile: Profile, counts: Counts): Share[] {
  const names = namesOf(profile);
  const beside: [string, number, number][] = [
    ["below the reference", profile.below, counts.below],
    ["above the reference", profile.above, counts.above],
    ["unseen", profile.other, counts.other],
    ["missing", profile.missing, counts.missing],
  ];
  const all: [string, number, number][] = names.map((name, index) => [
    name,
    profile.counts[index] ?? 0,
    counts.bins[index] ?? 0,
  ]);
  const kept = profile.edges.length > 0 ? all : [...all].sort((a, b) => b[1] + b[2] - a[1] - a[2]);
  const rest = kept.splice(MOST_BINS);
  if (rest.length > 0) kept.push([`${rest.length} others`, sum(rest, 1), sum(rest, 2)]);
  const rows = [...kept, ...beside.filter(([, before, now]) => before + now > 0)];
  const [before, now] = [sum(rows, 1) || 1, sum(rows, 2) || 1];
  return rows.map(([label, one, other]) => ({ label, reference: one / before, window: other / now }));
}

function sum(rows: readonly [string, number, number][], place: 1 | 2): number {
  return rows.reduce((total, row) => total + row[place], 0);
}

function namesOf(profile: Profile): string[] {
  if (profile.categories.length > 0) return profile.categories;
  if (profile.points.length > 0) return profile.points.map(String);
  const bounds = ["−∞", ...profile.edges.map((edge) => String(Number(edge.toPrecision(4)))), "∞"];
  return profile.counts.map((_, index) => `${bounds[index] ?? ""} … ${bounds[index + 1] ?? ""}`);
}

export function distribution(shares: readonly Share[]): HTMLElement {
  const most = Math.max(...shares.flatMap((share) => [share.reference, share.window]), 1e-9);
  const bar = (of: "reference" | "window", share: number) => {
    const element = el("i", { class: `share share-${of}` });
    element.style.width = `${((100 * share) / most).toFixed(1)}%`;
    return element;
  };
  return el(
    "table",
    { class: "distribution", testid: "distribution" },
    el(
      "thead",
      {},
      el("tr", {}, ...["Value", "Reference", "Window", ""].map((label) => el("th", { scope: "col" }, label))),
    ),
    el(
      "tbody",
      {},
      ...shares.map((share) =>
        el(
          "tr",
          {},
          el("th", { scope: "row" }, share.label),
          el("td", { class: "number" }, percent(share.reference)),
          el("td", { class: "number" }, percent(share.window)),
          el("td", { class: "shares" }, bar("reference", share.reference), bar("window", share.window)),
        ),
      ),
    ),
  );
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0 && share < 0.01 ? 2 : 1)} %`;
}
