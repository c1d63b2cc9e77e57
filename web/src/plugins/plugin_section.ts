/** One plugin of a host: its state, and a chart for each of its metrics, loaded when it is opened. */
import { SERIES_COLORS } from "../charts/palette";
import type { SamplesEvent } from "../gateway/contract";
import type { Gateway } from "../gateway/gateway";
import { literal, quote } from "../gateway/selector";
import { HostPanel } from "../hosts/host_panel";
import type { PanelSpec } from "../hosts/host_panels";
import { badge, setBadge } from "../parts/badge";
import { el, setChildren, setText } from "../parts/element";
import { emptyState, errorState } from "../parts/states";
import type { Range } from "../series/range";
import { distanceOf, spread } from "./cadence";
import { chartUnit, type Instance, type MetricInfo, titleOf } from "./catalogue";

const MOST_LINES = 8;

export interface PluginState {
  name: string;
  state: string;
  error?: string | null;
}

/** What is asked of the gateway: the same for every chart of the page. */
export interface Window {
  from: number;
  to: number;
  step: number;
  /** The end for rates: the last step that is whole. */
  whole: number;
  intervalMs: number;
  /** How long the range is that was chosen. */
  seconds: number;
}

export class PluginSection {
  readonly element: HTMLDetailsElement;
  private readonly panels: { metric: MetricInfo; panel: HostPanel }[];
  private readonly state = badge("plugin-state");
  private readonly said = el("span", { class: "muted" });
  private readonly body = el("div");
  private loaded = false;
  private loading = false;
  /** How long the range is that the charts show. */
  private seconds = 0;

  constructor(
    private readonly source: string,
    readonly about: Instance,
    private readonly gateway: Gateway,
    private readonly opened: (section: PluginSection) => void,
  ) {
    this.panels = about.metrics.map((metric) => ({ metric, panel: new HostPanel(specOf(about, metric)) }));
    this.element = el(
      "details",
      {
        class: "plugin-section",
        testid: "plugin-section",
        data: { plugin: about.plugin, instance: about.instance },
      },
      el(
        "summary",
        {},
        el("h2", {}, about.title),
        el("span", { class: "muted" }, about.instance === about.plugin ? about.section : about.instance),
        this.state,
        this.said,
      ),
      this.body,
    );
    this.element.addEventListener("toggle", () => {
      // What came while it was closed is missing.
      if (!this.element.open) this.loaded = false;
      else if (!this.loaded && !this.loading) this.opened(this);
    });
  }

  showState(state: PluginState | undefined): void {
    this.state.hidden = state === undefined;
    setText(this.said, "");
    if (state === undefined) return;
    const good = state.state === "ok";
    setBadge(this.state, good ? "active" : "failing", good ? "OK" : state.state);
    setText(this.said, good ? "" : (state.error ?? ""));
  }

  async load(window: Window, signal: AbortSignal): Promise<void> {
    if (!this.element.open) {
      this.loaded = false;
      return;
    }
    this.loading = true;
    try {
      await Promise.all([
        this.ask("gauge", "avg", window, signal),
        this.ask("counter", "rate", window, signal),
        this.ask("delta", "sum", window, signal),
      ]);
    } catch (error) {
      if (signal.aborted) return;
      // What is shown stays for a moment's trouble, but not under the name of another range.
      if (this.loaded && window.seconds === this.seconds) return;
      this.loaded = false;
      const title = `${this.about.title} could not be loaded`;
      setChildren(
        this.body,
        errorState(title, error, () => this.opened(this)),
      );
      return;
    } finally {
      this.loading = false;
    }
    if (this.panels.length === 0) {
      setChildren(this.body, emptyState("It has reported nothing yet"));
    } else if (!this.loaded) {
      const charts = this.panels.map(({ panel }) => panel.chart.element);
      setChildren(this.body, el("div", { class: "chart-grid" }, ...charts));
    }
    this.loaded = true;
    this.seconds = window.seconds;
  }

  private async ask(
    kind: MetricInfo["kind"],
    agg: "avg" | "rate" | "sum",
    window: Window,
    signal: AbortSignal,
  ): Promise<void> {
    const wanted = this.panels.filter(({ metric }) => metric.kind === kind);
    if (wanted.length === 0) return;
    const names = wanted.map(({ metric }) => literal(`${this.about.plugin}.${metric.name}`)).join("|");
    const labels = `source=${quote(this.source)},instance=${quote(this.about.instance)}`;
    const answer = await this.gateway.query(
      {
        series: [`{__name__=~${quote(names)},${labels}}`],
        from: window.from,
        to: kind === "gauge" ? window.to : window.whole,
        step: window.step,
        agg,
      },
      signal,
    );
    const stepMs = answer.step_s * 1000;
    if (kind === "counter") spread(answer, stepMs);
    const cadence = Math.max(
      stepMs,
      window.intervalMs,
      ...answer.series.map((one) => distanceOf(answer, one)),
    );
    for (const { panel } of wanted) panel.load(answer, cadence);
  }

  absorb(event: SamplesEvent): boolean {
    if (!this.loaded || !this.element.open) return false;
    // Sums over a step and single values are not the same; the next load brings them.
    const panels = this.panels.filter(({ metric }) => metric.kind !== "delta");
    return panels.map(({ panel }) => panel.absorb(event)).includes(true);
  }

  paint(range: Range, now: number): void {
    if (!this.loaded || !this.element.open) return;
    for (const { panel } of this.panels) panel.show(range, now);
  }

  close(): void {
    for (const { panel } of this.panels) panel.chart.close();
  }
}

export function specOf(about: Instance, metric: MetricInfo): PanelSpec {
  const name = `${about.plugin}.${metric.name}`;
  const unit = chartUnit(metric);
  return {
    chart: {
      testid: `chart-${name}`,
      title: titleOf(metric),
      unit,
      bars: metric.kind === "delta",
      ...(unit === "percent" ? { least: 0.1 } : {}),
    },
    counter: metric.kind === "counter",
    pattern: literal(name),
    lineOf: (seen, labels) =>
      seen === name && labels["instance"] === about.instance ? lineOf(labels) : null,
    lines: (keys) =>
      keys.slice(0, MOST_LINES).map((key, index) => ({
        key,
        label: labelOf(metric, key, index === MOST_LINES - 1 ? keys.length - MOST_LINES : 0),
        color: SERIES_COLORS[index % SERIES_COLORS.length] ?? "c1",
        area: keys.length === 1,
      })),
  };
}

function labelOf(metric: MetricInfo, key: string, more: number): string {
  const label = key === "" ? metric.label.toLowerCase() : key;
  return more > 0 ? `${label} (and ${more} more, not shown)` : label;
}

/** What tells the series of one metric apart. */
function lineOf(labels: Record<string, string>): string {
  const own = Object.entries(labels).filter(([key]) => key !== "instance" && key !== "source");
  return own.map(([, value]) => value).join(" · ");
}
