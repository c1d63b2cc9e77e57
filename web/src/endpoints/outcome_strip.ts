/** Availability over a range as a strip of cells: what the worst outcome was, and when. */
import { formatMoment, formatUptime } from "../format";
import type { MonitorHistory } from "../gateway/contract";
import { el, setChildren } from "../parts/element";

const MOST_CELLS = 96;

export interface StripCell {
  from: number;
  up: number;
  degraded: number;
  down: number;
  missed: number;
}

export type CellTone = "ok" | "warn" | "bad" | "idle" | "none";

/** Adds neighbouring steps until the strip has at most `most` cells. */
export function stripCells(history: MonitorHistory, most = MOST_CELLS): StripCell[] {
  const per = Math.max(1, Math.ceil(history.timestamps.length / most));
  const cells: StripCell[] = [];
  for (let start = 0; start < history.timestamps.length; start += per) {
    const sum = (counts: number[]) => counts.slice(start, start + per).reduce((a, b) => a + (b ?? 0), 0);
    cells.push({
      from: history.timestamps[start] ?? 0,
      up: sum(history.up),
      degraded: sum(history.degraded),
      down: sum(history.down),
      missed: sum(history.missed),
    });
  }
  return cells;
}

/** A failure is never hidden by successes around it; a cell with only missed slots says nothing of the endpoint. */
export function cellTone(cell: StripCell): CellTone {
  if (cell.down > 0) return "bad";
  if (cell.degraded > 0) return "warn";
  if (cell.up > 0) return "ok";
  return cell.missed > 0 ? "idle" : "none";
}

export class OutcomeStrip {
  private readonly cells = el("div", {
    class: "strip",
    role: "img",
    "aria-label": "Availability over the range",
  });
  private readonly ends = el("div", { class: "strip-ends muted" });
  readonly element = el("div", { class: "strip-box" }, this.cells, this.ends);

  show(history: MonitorHistory, now: number): void {
    const cells = stripCells(history);
    setChildren(
      this.cells,
      ...cells.map((cell) => el("i", { class: `cell-${cellTone(cell)}`, title: title(cell, now) })),
    );
    const first = cells[0];
    setChildren(this.ends, el("span", {}, first ? formatMoment(first.from, now) : ""), el("span", {}, "now"));
  }
}

function title(cell: StripCell, now: number): string {
  const judged = cell.up + cell.degraded + cell.down;
  const parts = [formatMoment(cell.from, now)];
  if (judged === 0) parts.push("no checks");
  else parts.push(`${formatUptime((cell.up + cell.degraded) / judged)} of ${judged} checks`);
  if (cell.down > 0) parts.push(`${cell.down} down`);
  if (cell.degraded > 0) parts.push(`${cell.degraded} degraded`);
  if (cell.missed > 0) parts.push(`${cell.missed} missed`);
  return parts.join(", ");
}
