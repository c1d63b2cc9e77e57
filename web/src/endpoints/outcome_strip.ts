/** Availability over a range as a strip of cells: what the worst outcome was, and when; and what else went on. */
import { placed } from "../charts/lanes";
import { formatMoment, formatSpan, formatUptime } from "../format";
import type { MonitorHistory } from "../gateway/contract";
import { incidentLength } from "../incidents/incident_wording";
import { el, setChildren } from "../parts/element";
import { incidentAddress } from "../route";
import type { Happenings } from "./happenings";

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
  private readonly releases = el("div", { class: "lane lane-markers" });
  private readonly incidents = el("div", { class: "lane" });
  private readonly maintenance = el("div", { class: "lane" });
  private readonly ends = el("div", { class: "strip-ends muted" });
  readonly element = el(
    "div",
    { class: "strip-box", testid: "outcome-strip" },
    this.releases,
    this.cells,
    this.incidents,
    this.maintenance,
    this.ends,
  );

  constructor(private readonly chooseMarker: (id: string) => void) {}

  show(history: MonitorHistory, now: number, happenings: Happenings): void {
    const cells = stripCells(history);
    setChildren(
      this.cells,
      ...cells.map((cell) => el("i", { class: `cell-${cellTone(cell)}`, title: title(cell, now) })),
    );
    const first = cells[0];
    setChildren(this.ends, el("span", {}, first ? formatMoment(first.from, now) : ""), el("span", {}, "now"));
    this.showLanes(history, now, happenings);
  }

  private showLanes(history: MonitorHistory, now: number, happenings: Happenings): void {
    const { timestamps } = history;
    const from = timestamps[0] ?? 0;
    const to = (timestamps[timestamps.length - 1] ?? 0) + history.step_s * 1000;
    const put = (element: HTMLElement, start: number, end: number) => {
      const place = placed({ from: start, to: Math.max(end, start + 1) }, from, to);
      if (!place) return [];
      element.style.left = `${place.left}%`;
      element.style.width = `${place.width}%`;
      return [element];
    };
    const incidents = happenings.incidents.flatMap((incident) => {
      const tone = incident.confirmed_ms === null ? "partial" : "down";
      const what = `${tone === "down" ? "Down" : "Partial"} for ${incidentLength(incident, now)}: ${incident.error ?? incident.cause}`;
      const link = {
        class: `span-${tone}`,
        href: incidentAddress(incident.id),
        title: what,
        "aria-label": what,
      };
      return put(el("a", link), incident.started_ms, incident.ended_ms ?? now);
    });
    const maintenance = happenings.maintenance.flatMap((window) => {
      const what = `Maintenance from ${formatMoment(window.from, now)}, ${formatSpan(window.to - window.from)}`;
      const mark = { class: "span-maintenance", title: what, role: "img", "aria-label": what };
      return put(el("i", mark), window.from, window.to);
    });
    const markers = happenings.markers.flatMap((marker) => {
      const what = `${marker.name}, ${formatMoment(marker.at_ms, now)}`;
      const press = () => this.chooseMarker(String(marker.id));
      const button = { type: "button", title: what, "aria-label": `Compare ${what}`, on: { click: press } };
      return put(el("button", { ...button, testid: "strip-marker" }), marker.at_ms, marker.at_ms);
    });
    setChildren(this.incidents, ...incidents);
    setChildren(this.maintenance, ...maintenance);
    setChildren(this.releases, ...markers);
    for (const lane of [this.incidents, this.maintenance, this.releases])
      lane.hidden = lane.childElementCount === 0;
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
