/** The last checks of one endpoint, newest first, with the phases of each. */
import { formatBytes, formatMillis, formatMoment } from "../format";
import type { CheckResult } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { OUTCOME_LABEL, stateBadge } from "../parts/badge";
import { el, setChildren, setText } from "../parts/element";
import { PHASES } from "./phases";

const KEPT = 50;
const SHOWN = 15;

export class CheckTable {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private checks: CheckResult[] = [];
  private all = false;
  private readonly more = el("button", {
    class: "button button-quiet",
    type: "button",
    on: { click: () => this.expand() },
  });

  constructor() {
    const legend = PHASES.map((phase) =>
      el("span", { class: "legend-entry" }, el("i", { class: `swatch phase-${phase}` }), phase),
    );
    const head = ["Time", "Location", "Outcome", "Status", "Total", "Phases", "Size", "Error"].map((label) =>
      el("th", { scope: "col", class: ["Total", "Size", "Status"].includes(label) ? "number" : "" }, label),
    );
    this.element = el(
      "section",
      { class: "panel table-panel", testid: "check-table", "aria-label": "Last checks" },
      el(
        "header",
        { class: "chart-head" },
        el("h3", {}, "Last checks"),
        el("div", { class: "legend" }, ...legend),
      ),
      el(
        "div",
        { class: "scroller" },
        el("table", { class: "table-checks" }, el("thead", {}, el("tr", {}, ...head)), this.body),
      ),
      this.more,
    );
  }

  load(checks: readonly CheckResult[]): void {
    this.checks = [...checks].sort((a, b) => b.started_ms - a.started_ms).slice(0, KEPT);
    this.show();
  }

  add(check: CheckResult): void {
    // A replayed event is already in the table.
    const known = this.checks.some(
      (other) =>
        other.location === check.location &&
        other.started_ms === check.started_ms &&
        (other.attempt ?? 1) === (check.attempt ?? 1),
    );
    if (!known) this.load([check, ...this.checks]);
  }

  private expand(): void {
    this.all = true;
    this.show();
  }

  private show(): void {
    // One scale for all bars: a slow check is longer than a fast one.
    const longest = Math.max(1, ...this.checks.map((check) => check.total_ms ?? 0));
    const rows = (this.all ? this.checks : this.checks.slice(0, SHOWN)).map((check) => row(check, longest));
    const hidden = this.checks.length - rows.length;
    setText(this.more, `Show ${hidden} more`);
    this.more.hidden = hidden <= 0;
    const none = el("tr", {}, el("td", { colspan: 8, class: "muted" }, "No checks yet"));
    setChildren(this.body, ...(rows.length > 0 ? rows : [none]));
  }
}

function row(check: CheckResult, longest: number): HTMLElement {
  const number = (text: string) => el("td", { class: "number" }, text);
  return el(
    "tr",
    {},
    el("td", { class: "time" }, formatMoment(check.started_ms, serverNow())),
    el("td", {}, check.location),
    el("td", {}, stateBadge(check.outcome, OUTCOME_LABEL[check.outcome] ?? check.outcome)),
    number(check.status ? String(check.status) : "–"),
    number(formatMillis(check.total_ms)),
    el("td", { class: "phases-cell" }, phaseBar(check, longest)),
    number(formatBytes(check.bytes)),
    el("td", { class: "error-cell", title: check.error ?? "" }, check.error ?? ""),
  );
}

function phaseBar(check: CheckResult, longest: number): HTMLElement {
  const parts: string[] = [];
  const segments = PHASES.flatMap((phase) => {
    const ms = check.phases?.[phase];
    if (typeof ms !== "number" || ms <= 0) return [];
    parts.push(`${phase} ${formatMillis(ms)}`);
    const segment = el("i", { class: `phase-${phase}` });
    segment.style.width = `${(ms / longest) * 100}%`;
    return [segment];
  });
  return el(
    "div",
    { class: "phases", title: parts.join(", "), role: "img", "aria-label": parts.join(", ") },
    ...segments,
  );
}
