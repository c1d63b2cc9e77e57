/** The plugins of a host in a session: a chart for each number that they report, as they come up. */
import { HostPanel } from "../hosts/host_panel";
import { el, setChildren } from "../parts/element";
import {
  type Instance,
  instancesOf,
  loadShipped,
  type SeriesEntry,
  type Shipped,
} from "../plugins/catalogue";
import { specOf } from "../plugins/plugin_section";
import { readSeriesName } from "../series/name";
import type { Range } from "../series/range";
import type { Moment } from "./decoding";

const TICK_MS = 1_000;
/** Groups of plugins are called so; their values carry the label `instance`. */
const INSTANCE = "instance";

export class LivePlugins {
  readonly element = el("div", { class: "plugin-sections", testid: "rt-plugins" });
  private readonly seen = new Set<string>();
  private panels: HostPanel[] = [];
  private shipped: Shipped | null = null;
  private asked = false;

  absorb(source: string, moment: Moment): void {
    const own = Object.keys(moment.values).filter((name) => name.includes(`${INSTANCE}="`));
    if (own.length === 0) return;
    if (this.shipped === null) {
      if (!this.asked) void this.ask();
      return;
    }
    const before = this.seen.size;
    for (const name of own) this.seen.add(name);
    if (this.seen.size !== before) this.build(moment.counters);
    const event = { source, ts: moment.time, values: moment.values };
    for (const panel of this.panels) panel.absorb(event);
  }

  paint(range: Range, now: number): void {
    for (const panel of this.panels) panel.show(range, now);
  }

  forget(): void {
    for (const panel of this.panels) panel.forget();
  }

  close(): void {
    for (const panel of this.panels) panel.chart.close();
  }

  private async ask(): Promise<void> {
    this.asked = true;
    try {
      this.shipped = await loadShipped();
    } catch {
      this.asked = false;
    }
  }

  private build(counters: ReadonlySet<string>): void {
    this.close();
    this.panels = [];
    const sections = instancesOf(
      [...this.seen].map((name) => entryOf(name, counters)),
      this.shipped ?? {},
    );
    setChildren(this.element, ...sections.map((about) => this.sectionOf(about)));
  }

  private sectionOf(about: Instance): HTMLElement {
    // A delta stands still between two ordinary runs: its curve would say nothing.
    const panels = about.metrics
      .filter((metric) => metric.kind !== "delta")
      .map((metric) => new HostPanel(specOf(about, metric), TICK_MS));
    this.panels.push(...panels);
    return el(
      "section",
      { testid: "rt-plugin", data: { instance: about.instance } },
      el("h3", {}, about.title, el("span", { class: "muted" }, ` ${about.instance}`)),
      el("div", { class: "chart-grid chart-grid-even" }, ...panels.map((panel) => panel.chart.element)),
    );
  }
}

function entryOf(canonical: string, counters: ReadonlySet<string>): SeriesEntry {
  const { name, labels } = readSeriesName(canonical);
  return { name, labels, kind: counters.has(canonical) ? "counter" : "gauge" };
}
