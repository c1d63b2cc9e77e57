/** What waits before it is an alert: conditions that must hold for a while, or that nobody is to be called for. */
import { formatMoment, formatSpan } from "../format";
import { stateBadge } from "../parts/badge";
import { el } from "../parts/element";
import type { Waiting } from "./contract";
import { subjectLink } from "./subject_link";

const HEAD = ["State", "Severity", "What", "About", "Since", "For"];

export function waitingTable(found: readonly Waiting[], now: number): HTMLElement {
  return el(
    "div",
    { class: "panel table-panel flush" },
    el(
      "table",
      { testid: "waiting" },
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...found.map((one) => row(one, now))),
    ),
  );
}

function row(one: Waiting, now: number): HTMLElement {
  return el(
    "tr",
    {},
    el("td", {}, stateBadge(one.state === "pending" ? "degraded" : "maintenance", waitingWords(one))),
    el("td", {}, one.severity),
    el("td", { class: "name" }, one.title),
    el("td", {}, subjectLink(one.subject)),
    el("td", {}, formatMoment(one.since_ms, now)),
    el("td", {}, formatSpan(now - one.since_ms)),
  );
}

/** Why there is no alert yet, in a few words. */
export function waitingWords(one: Pick<Waiting, "state" | "why">): string {
  if (one.state === "pending") return "pending";
  if (one.why === "maintenance") return "in maintenance";
  return one.why ? `endpoint ${one.why} is down` : "suppressed";
}
