/** The segments of a model, the worst first, of which one may be chosen. */
import { stateBadge } from "../parts/badge";
import { el, setChildren } from "../parts/element";
import type { Segment, SegmentTable } from "./contract";
import { driftedIn, whyNone } from "./segments";

const HEAD = ["Segment", "Rows", "Features that drifted", ""];

export class SegmentPanel {
  readonly element = el("div", { class: "segments", testid: "segments", "aria-live": "polite" });

  constructor(private readonly choose: (segment: string | null) => void) {}

  /** `chosen` is null for all rows; without a table there is nothing to choose. */
  show(table: SegmentTable | null, chosen: string | null): void {
    if (table === null) {
      setChildren(this.element);
      return;
    }
    const why = whyNone(table);
    const versions = new Set(table.segments.map((one) => one.version)).size > 1;
    setChildren(
      this.element,
      el("div", { class: "page-head" }, el("h2", {}, `By ${table.segment_by ?? ""}`)),
      why !== "" && el("p", { class: "muted", testid: "segments-said" }, why),
      (table.segments.length > 0 || chosen !== null) && this.table(table.segments, versions, chosen),
    );
  }

  private table(segments: readonly Segment[], versions: boolean, chosen: string | null): HTMLElement {
    return el(
      "div",
      { class: "panel table-panel flush drift-scroll" },
      el(
        "table",
        {},
        el(
          "thead",
          {},
          el(
            "tr",
            {},
            ...HEAD.map((label) =>
              el("th", { scope: "col", class: label === "Rows" ? "number" : "" }, label),
            ),
          ),
        ),
        el(
          "tbody",
          {},
          el(
            "tr",
            {},
            el("th", { scope: "row" }, this.button("All rows", null, chosen)),
            ...HEAD.slice(1).map(() => el("td")),
          ),
          ...segments.map((one) => this.line(one, versions, chosen)),
        ),
      ),
    );
  }

  private line(one: Segment, versions: boolean, chosen: string | null): HTMLElement {
    const name = el("th", { scope: "row" }, this.button(one.segment, one.segment, chosen));
    if (versions) name.append(el("span", { class: "muted" }, ` ${one.version}`));
    return el(
      "tr",
      { testid: "segment-row", data: { segment: one.segment } },
      name,
      el("td", { class: "number" }, String(one.rows)),
      el("td", {}, driftedIn(one)),
      el("td", {}, one.raised > 0 && stateBadge("down", "Drift")),
    );
  }

  private button(label: string, segment: string | null, chosen: string | null): HTMLElement {
    return el(
      "button",
      {
        type: "button",
        class: "segment",
        "aria-pressed": String(segment === chosen),
        on: { click: () => this.choose(segment) },
      },
      label,
    );
  }
}
