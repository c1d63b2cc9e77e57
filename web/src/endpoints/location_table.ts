/** The state of one endpoint at each of its locations. */
import { formatAgo, formatMillis, formatSpan } from "../format";
import type { LocationState } from "../gateway/contract";
import { OUTCOME_LABEL, stateBadge } from "../parts/badge";
import { el, setChildren } from "../parts/element";

export class LocationTable {
  readonly element: HTMLElement;
  private readonly body = el("tbody");

  constructor() {
    const head = ["Location", "State", "For", "Last", "Checked", "Error"].map((label) =>
      el("th", { scope: "col", class: label === "Last" ? "number" : "" }, label),
    );
    this.element = el(
      "section",
      { class: "panel table-panel", testid: "location-table", "aria-label": "Locations" },
      el("header", { class: "chart-head" }, el("h3", {}, "Locations")),
      el("div", { class: "scroller" }, el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body)),
    );
  }

  show(locations: readonly LocationState[], now: number): void {
    const rows = locations.map((at) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, at.location),
        el("td", {}, stateBadge(at.outcome, OUTCOME_LABEL[at.outcome] ?? at.outcome)),
        el("td", {}, at.since_ms === null ? "–" : formatSpan(now - at.since_ms)),
        el("td", { class: "number" }, formatMillis(at.total_ms)),
        el("td", { class: "muted" }, formatAgo(now - at.at_ms)),
        el("td", { class: "error-cell", title: at.error ?? "" }, at.error ?? ""),
      ),
    );
    const none = el("tr", {}, el("td", { colspan: 6, class: "muted" }, "Not checked from anywhere yet"));
    setChildren(this.body, ...(rows.length > 0 ? rows : [none]));
  }
}
