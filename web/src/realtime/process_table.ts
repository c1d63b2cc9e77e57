/** The busiest processes of a host. Values change each second, places each ten: rows that jump cannot be read. */
import { formatBytes, formatPercent } from "../format";
import { el, setChildren, setText } from "../parts/element";
import type { ProcessRow } from "./contract";

const SHOWN = 12;
const SORT_EVERY = 10;

interface Line {
  element: HTMLElement;
  cpu: HTMLElement;
  memory: HTMLElement;
}

export class ProcessTable {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly lines = new Map<number, Line>();
  private ticks = 0;

  constructor() {
    const head = ["PID", "User", "Command", "CPU", "Memory"].map((label, index) =>
      el("th", { scope: "col", class: index === 0 || index > 2 ? "number" : "" }, label),
    );
    this.element = el(
      "section",
      { class: "panel block rt-processes", testid: "rt-processes", "aria-label": "Busiest processes" },
      el("header", { class: "chart-head" }, el("h3", {}, "Busiest processes")),
      el("table", {}, el("thead", {}, el("tr", {}, ...head)), this.body),
    );
  }

  show(rows: readonly ProcessRow[]): void {
    if (this.ticks % SORT_EVERY === 0) this.sort(rows);
    this.ticks += 1;
    const now = new Map(rows.map((row) => [row[0], row]));
    for (const [pid, line] of this.lines) {
      const row = now.get(pid);
      setText(line.cpu, row ? formatPercent(row[3]) : "–");
      if (row) setText(line.memory, formatBytes(row[4]));
      line.element.classList.toggle("muted", row === undefined);
    }
  }

  private sort(rows: readonly ProcessRow[]): void {
    this.lines.clear();
    const shown = [...rows].sort((a, b) => b[3] - a[3] || b[4] - a[4]).slice(0, SHOWN);
    for (const [pid, user, command] of shown) {
      const cpu = el("td", { class: "number strong" });
      const memory = el("td", { class: "number" });
      const element = el(
        "tr",
        {},
        el("td", { class: "number muted" }, pid),
        el("td", {}, user),
        el("th", { scope: "row", title: command }, command),
        cpu,
        memory,
      );
      this.lines.set(pid, { element, cpu, memory });
    }
    setChildren(this.body, ...[...this.lines.values()].map((line) => line.element));
  }
}
