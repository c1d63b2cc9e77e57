/** Metrics that clients report of a model, over time, on its page; nothing where there are none. */
import { type Line, TimeChart } from "../charts/time_chart";
import { choices } from "../parts/choices";
import { el, setChildren } from "../parts/element";
import type { Metrics } from "./contract";
import { metricLines, namesOf, versionsOf } from "./metric_lines";

const LINES: readonly Line[] = [
  { key: "mean", label: "Mean", color: "c1" },
  { key: "min", label: "Least", color: "idle" },
  { key: "max", label: "Greatest", color: "idle" },
];

export class MetricPanel {
  readonly element = el("div", { testid: "metrics", "aria-live": "polite" });
  private readonly chart = new TimeChart({
    testid: "chart-metric",
    title: "Metrics",
    unit: "number",
    fitting: true,
  });
  private metric = "";
  private version = "";
  private metrics: Metrics | null = null;

  show(metrics: Metrics): void {
    this.metrics = metrics;
    const names = namesOf(metrics.windows);
    if (names.length === 0) {
      setChildren(this.element);
      return;
    }
    if (!names.includes(this.metric)) this.metric = names[0] ?? "";
    const versions = versionsOf(metrics.windows, this.metric);
    if (!versions.includes(this.version)) this.version = versions.at(-1) ?? "";
    const lines = metricLines(metrics.windows, this.metric, this.version);
    this.chart.show(LINES, lines.times, [lines.mean, lines.min, lines.max], [metrics.from, metrics.to]);
    const head = el(
      "div",
      { class: "page-head" },
      el("h2", {}, "Metrics"),
      this.choice("Metric", names, this.metric, (id) => {
        this.metric = id;
      }),
      versions.length > 1 &&
        this.choice("Version", versions, this.version, (id) => {
          this.version = id;
        }),
    );
    setChildren(this.element, head, this.chart.element);
  }

  close(): void {
    this.chart.close();
  }

  private choice(
    label: string,
    ids: readonly string[],
    now: string,
    pick: (id: string) => void,
  ): HTMLElement {
    const list = ids.map((id) => ({ id, label: id === "" ? "no version" : id }));
    const made = choices(
      label,
      list,
      (id) => {
        pick(id);
        if (this.metrics !== null) this.show(this.metrics);
      },
      label.toLowerCase(),
    );
    made.show(now);
    return made.element;
  }
}
