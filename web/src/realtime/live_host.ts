/** One host of a session: its charts, its processes, everything else it says, and how old that is. */
import { formatAgo, formatNumber } from "../format";
import { HostPanel } from "../hosts/host_panel";
import { PANELS } from "../hosts/host_panels";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { el, setChildren, setText } from "../parts/element";
import { hostAddress } from "../route";
import type { Range } from "../series/range";
import type { Moment } from "./decoding";
import { LivePlugins } from "./live_plugins";
import { ProcessTable } from "./process_table";

const SHOWN = new Set(["chart-cpu", "chart-memory", "chart-diskio", "chart-network"]);
const TICK_MS = 1_000;
const STALE_MS = 3_500;
const WAITING_MS = 5_000;
export const WINDOW: Range = { id: "live", label: "2 min", seconds: 120, live: true };

export class LiveHost {
  readonly element: HTMLElement;
  private readonly panels = PANELS.filter((spec) => SHOWN.has(spec.chart.testid)).map(
    (spec) => new HostPanel(spec, TICK_MS),
  );
  private readonly plugins = new LivePlugins();
  private readonly processes = new ProcessTable();
  private readonly state = badge("rt-state");
  private readonly seen = el("span", { class: "seen" });
  private readonly rest = el("tbody");
  private readonly details: HTMLDetailsElement;
  private readonly began = Date.now();
  private latest: Moment | null = null;
  private frames = 0;

  constructor(readonly name: string) {
    this.details = el("details", { class: "panel block rt-values" }, el("summary", {}, "All values"));
    this.details.append(el("table", {}, this.rest));
    this.details.addEventListener("toggle", () => this.listAll());
    this.element = el(
      "section",
      { class: "rt-host", testid: "rt-host", data: { source: name, frames: "0" }, "aria-label": name },
      el(
        "header",
        { class: "rt-host-head" },
        el("h2", {}, el("a", { href: hostAddress(name) }, name)),
        this.state,
        this.seen,
      ),
      el("div", { class: "chart-grid chart-grid-even" }, ...this.panels.map((panel) => panel.chart.element)),
      this.plugins.element,
      this.processes.element,
      this.details,
    );
    this.showAge();
  }

  absorb(moment: Moment): void {
    this.latest = moment;
    this.frames += 1;
    this.element.dataset["frames"] = String(this.frames);
    const event = { source: this.name, ts: moment.time, values: moment.values };
    for (const panel of this.panels) panel.absorb(event);
    this.plugins.absorb(this.name, moment);
    if (moment.processes) this.processes.show(moment.processes);
  }

  /** What was shown has a hole that cannot be told from a gap: begin anew. */
  forget(): void {
    for (const panel of this.panels) panel.forget();
    this.plugins.forget();
  }

  paint(now: number): void {
    for (const panel of this.panels) panel.show(WINDOW, now);
    this.plugins.paint(WINDOW, now);
    if (this.details.open) this.listAll();
  }

  showAge(): void {
    const age = this.latest === null ? null : serverNow() - this.latest.time;
    if (age === null) {
      const long = Date.now() - this.began > WAITING_MS;
      setBadge(this.state, long ? "silent" : "pending", long ? "No answer yet" : "Starting");
      setText(this.seen, long ? "the agent learns of it with its next check-in, within a minute" : "");
      return;
    }
    const stale = age > STALE_MS;
    setBadge(this.state, stale ? "silent" : "active", stale ? "Silent" : "Live");
    setText(this.seen, stale ? `last sample ${formatAgo(age)}` : "");
  }

  end(): void {
    setBadge(this.state, "ended", "Ended");
    setText(this.seen, "");
  }

  close(): void {
    for (const panel of this.panels) panel.chart.close();
    this.plugins.close();
  }

  private listAll(): void {
    if (!this.details.open || this.latest === null) return;
    const rows = Object.entries(this.latest.values).map(([name, value]) =>
      el("tr", {}, el("th", { scope: "row" }, name), el("td", { class: "number" }, formatNumber(value))),
    );
    setChildren(this.rest, ...rows);
  }
}
