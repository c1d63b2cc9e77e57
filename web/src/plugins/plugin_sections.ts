/** All plugins of a host, below its own charts. */
import type { SamplesEvent } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { el, setChildren } from "../parts/element";
import type { Range } from "../series/range";
import { type Instance, instancesOf, loadShipped } from "./catalogue";
import { PluginSection, type Window } from "./plugin_section";

function shapeOf(about: Instance): string {
  return about.metrics.map((metric) => metric.name).join(",");
}

/** So many are open from the beginning. */
const OPEN = 3;

/** Plugins that a realtime session may ask for. */
const MOST_WATCHED = 50;

export class PluginSections {
  readonly element = el("div", { class: "plugin-sections", testid: "plugin-sections" });
  private sections = new Map<string, PluginSection>();

  /** `opened`: somebody has opened a section that is to be loaded. */
  constructor(
    private readonly source: string,
    private readonly gateway: Gateway,
    private readonly opened: (section: PluginSection) => void,
  ) {}

  /** Finds what is there now, and loads what is open. What cannot be found leaves the page as it is. */
  async load(window: Window, signal: AbortSignal): Promise<void> {
    try {
      await this.find(signal);
    } catch {
      if (this.sections.size === 0) return;
    }
    if (signal.aborted) return;
    await Promise.all([...this.sections.values()].map((section) => section.load(window, signal)));
  }

  private async find(signal: AbortSignal): Promise<void> {
    const [series, states] = await Promise.all([
      this.gateway.seriesOf(this.source, signal),
      this.gateway.pluginStates(this.source, signal),
    ]);
    if (signal.aborted) return;
    const none = !series.some((entry) => entry.labels["instance"] !== undefined);
    const instances = none ? [] : instancesOf(series, await loadShipped());
    if (signal.aborted) return;
    // One that has never succeeded has no series: its state must be seen all the same.
    const named = new Set(instances.map((about) => about.instance));
    for (const { name } of states.filter((state) => !named.has(state.name)))
      instances.push({ instance: name, plugin: name, title: name, section: "Plugins", metrics: [] });
    const sections = new Map<string, PluginSection>();
    for (const about of instances) {
      const key = `${about.plugin}\n${about.instance}`;
      const before = this.sections.get(key);
      const same = before !== undefined && shapeOf(before.about) === shapeOf(about);
      const section = same ? before : new PluginSection(this.source, about, this.gateway, this.opened);
      // What a reader has opened or closed stays so, also when a metric has come.
      if (!same) section.element.open = before?.element.open ?? sections.size < OPEN;
      section.showState(states.find((state) => state.name === about.instance));
      sections.set(key, section);
    }
    const old = [...this.sections.values()];
    const now = [...sections.values()];
    for (const section of old) if (!now.includes(section)) section.close();
    const unchanged = old.length === now.length && old.every((section, index) => section === now[index]);
    this.sections = sections;
    if (!unchanged) setChildren(this.element, ...[...sections.values()].map((section) => section.element));
  }

  /** The instances, as far as a session may have. */
  get names(): string[] {
    return [...new Set([...this.sections.values()].map((section) => section.about.instance))].slice(
      0,
      MOST_WATCHED,
    );
  }

  absorb(event: SamplesEvent): boolean {
    return [...this.sections.values()].map((section) => section.absorb(event)).includes(true);
  }

  paint(range: Range, now: number): void {
    for (const section of this.sections.values()) section.paint(range, now);
  }

  close(): void {
    for (const section of this.sections.values()) section.close();
  }
}
