/** What each location of one endpoint says, and what its vote is. */
import { formatAgo, formatMillis, formatSpan } from "../format";
import type { LocationState, Monitor } from "../gateway/contract";
import { OUTCOME_LABEL, stateBadge } from "../parts/badge";
import { el, setChildren, setText } from "../parts/element";
import { type Ballot, ballotOf, tallyOf, tallyText } from "./standing";

const BALLOT: Record<Ballot, [string, string]> = {
  fails: ["tone-bad", "fails"],
  reaches: ["tone-ok", "reaches it"],
  silent: ["muted", "none: silent too long"],
};
const HEAD = ["Location", "State", "Vote", "For", "Last", "Checked", "Error"];

export class LocationTable {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly tally = el("span", { class: "muted", testid: "tally" });

  constructor() {
    const head = HEAD.map((label) =>
      el("th", { scope: "col", class: label === "Last" ? "number" : "" }, label),
    );
    this.element = el(
      "section",
      { class: "panel table-panel", testid: "location-table", "aria-label": "Locations" },
      el("header", { class: "chart-head" }, el("h3", {}, "Locations"), this.tally),
      el("div", { class: "scroller" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body)),
    );
  }

  show(monitor: Monitor, now: number): void {
    setText(this.tally, monitor.places.length > 0 ? tallyText(tallyOf(monitor, now)) : "");
    const rows = monitor.places.map((at) => row(monitor, at, now));
    const none = el(
      "tr",
      {},
      el("td", { colspan: HEAD.length, class: "muted" }, "Not checked from anywhere yet"),
    );
    setChildren(this.body, ...(rows.length > 0 ? rows : [none]));
  }
}

function row(monitor: Monitor, at: LocationState, now: number): HTMLElement {
  const [tone, word] = BALLOT[ballotOf(monitor, at, now)];
  return el(
    "tr",
    { testid: "location-row" },
    el("th", { scope: "row" }, at.location),
    el("td", {}, stateBadge(at.outcome, OUTCOME_LABEL[at.outcome] ?? at.outcome)),
    el("td", { class: tone }, word),
    el("td", {}, at.since_ms === null ? "–" : formatSpan(now - at.since_ms)),
    el("td", { class: "number" }, formatMillis(at.total_ms)),
    el("td", { class: "muted" }, formatAgo(now - at.at_ms)),
    el("td", { class: "error-cell", title: at.error ?? "" }, at.error ?? ""),
  );
}
