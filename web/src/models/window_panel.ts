/** One window of one feature: what was found, by which test, and how the values lie beside the reference's. */
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { el } from "../parts/element";
import {
  type Counts,
  type DriftWindow,
  lengthOf,
  type Profile,
  STATE_LABEL,
  STATISTIC_LABEL,
  type Verdict,
} from "./contract";
import { distribution, sharesOf } from "./distribution";

export function windowPanel(one: DriftWindow, profile: Profile | null): HTMLElement {
  const { verdict } = one;
  const head = ["Test", "Value", "Threshold", "Adjusted p", ""];
  return el(
    "section",
    { class: "panel drift-window", testid: "drift-window", "aria-live": "polite" },
    el(
      "div",
      { class: "page-head" },
      el("h2", {}, one.segment === undefined ? one.feature : `${one.feature}, ${one.segment}`),
      stateBadge(toneOf(one), STATE_LABEL[one.state]),
      el("span", { class: "muted" }, `${formatMoment(one.start_ms, serverNow())}, ${lengthOf(one.window_s)}`),
      el("span", { class: "muted" }, `${one.rows} rows, ${verdict.reference} in the reference`),
    ),
    one.state === "insufficient_data" &&
      el("p", {}, `${verdict.needed} rows with a value are needed for an answer about the distribution.`),
    verdict.findings.length > 0 &&
      el(
        "table",
        { class: "findings" },
        el("thead", {}, el("tr", {}, ...head.map((label) => el("th", { scope: "col" }, label)))),
        el(
          "tbody",
          {},
          ...verdict.findings.map((found) =>
            el(
              "tr",
              {},
              el("th", { scope: "row" }, STATISTIC_LABEL[found.statistic] ?? found.statistic),
              el("td", { class: "number" }, figure(found.value)),
              el("td", { class: "number" }, figure(found.threshold)),
              el("td", { class: "number" }, figure(found.adjusted)),
              el("td", {}, found.drifted ? stateBadge("down", "Drift") : ""),
            ),
          ),
        ),
      ),
    distanceText(verdict) !== "" && el("p", { class: "muted", testid: "distances" }, distanceText(verdict)),
    quantileTable(one.counts),
    distinctText(one.counts) !== "" &&
      el("p", { class: "muted", testid: "distinct" }, distinctText(one.counts)),
    unseenText(verdict) !== "" && el("p", { testid: "unseen" }, unseenText(verdict)),
    profile && distribution(sharesOf(profile, one.counts)),
  );
}

/** `JS 0.31, χ² 41 (p 0.002), mean shift 0.4 deviations`: what was measured beside the tests. */
export function distanceText({ measures = null }: Verdict): string {
  if (measures === null) return "";
  const shown = (label: string, value: number | null, unit = "") =>
    value === null ? null : `${label} ${figure(value)}${unit}`;
  return [
    shown("JS", measures.js),
    shown(
      "χ²",
      measures.chi_square,
      measures.chi_square_p === null ? "" : ` (p ${figure(measures.chi_square_p)})`,
    ),
    shown("KS", measures.ks),
    shown("Wasserstein", measures.wasserstein, " deviations"),
    shown("mean shift", measures.mean_shift, " deviations"),
    shown("ratio of deviations", measures.deviation_ratio),
  ]
    .filter((part) => part !== null)
    .join(", ");
}

const NAMED = 5;

/** `34 distinct values; most often 0 (about 120 times), 7 (about 40 times).` */
export function distinctText({ distinct, top = [] }: Counts): string {
  if (distinct === undefined || distinct === 0) return "";
  const values = `${distinct} distinct ${distinct === 1 ? "value" : "values"}`;
  const often = top.slice(0, NAMED).map(({ value, count }) => `${figure(value)} (about ${count} times)`);
  return often.length === 0 ? `${values}.` : `${values}; most often ${often.join(", ")}.`;
}

/** The window's quantiles; null where it has none. */
function quantileTable({ quantiles = {} }: Counts): HTMLElement | null {
  const shares = Object.keys(quantiles).sort((one, other) => Number(one) - Number(other));
  if (shares.length === 0) return null;
  return el(
    "table",
    { class: "findings", testid: "quantiles" },
    el(
      "thead",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "col" }, "Quantile"),
        ...shares.map((share) => el("th", { scope: "col", class: "number" }, shareName(share))),
      ),
    ),
    el(
      "tbody",
      {},
      el(
        "tr",
        {},
        el("th", { scope: "row" }, "Window"),
        ...shares.map((share) => el("td", { class: "number" }, figure(quantiles[share] ?? null))),
      ),
    ),
  );
}

function shareName(share: string): string {
  return (
    { "0": "least", "0.5": "median", "1": "most" }[share] ??
    `${Number((100 * Number(share)).toPrecision(4))} %`
  );
}

/** `Not in the reference: Oslo (20), Riga (3) and 4 more.` */
export function unseenText({ unseen = [], unseen_values = 0 }: Verdict): string {
  if (unseen.length === 0) return "";
  const named = unseen.map(({ value, rows }) => `${value} (${rows})`).join(", ");
  const more = unseen_values - unseen.length;
  return `Not in the reference: ${named}${more > 0 ? ` and ${more} more` : ""}.`;
}

export function toneOf(one: { state: string }): string {
  return { ok: "up", drift: "down", insufficient_data: "degraded" }[one.state] ?? "ended";
}

export function figure(value: number | null): string {
  if (value === null) return "–";
  return value !== 0 && Math.abs(value) < 1e-3
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}
