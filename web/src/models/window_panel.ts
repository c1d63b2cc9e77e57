/** One window of one feature: what was found, by which test, and how the values lie beside the reference's. */
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { el } from "../parts/element";
import {
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
    unseenText(verdict) !== "" && el("p", { testid: "unseen" }, unseenText(verdict)),
    profile && distribution(sharesOf(profile, one.counts)),
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

function figure(value: number | null): string {
  if (value === null) return "–";
  return value !== 0 && Math.abs(value) < 1e-3
    ? value.toExponential(1)
    : String(Number(value.toPrecision(3)));
}
