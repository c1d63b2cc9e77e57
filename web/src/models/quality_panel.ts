/** Quality over time on a model's page: a metric with its interval, and the estimate that needs no outcomes. */
import { type Line, TimeChart } from "../charts/time_chart";
import { choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import type { Quality } from "./contract";
import { METRIC_LABEL, metricsOf, qualityLines, SHARES, whatIsMissing } from "./quality_lines";

const LINES: readonly Line[] = [
  { key: "realised", label: "Outcomes", color: "c1" },
  { key: "low", label: "95 % from", color: "idle" },
  { key: "high", label: "to", color: "idle" },
  { key: "estimated", label: "Estimated", color: "c5" },
];

export class QualityPanel {
  readonly element = el("div", { testid: "quality", "aria-live": "polite" });
  private readonly said = el("p", { class: "muted", testid: "quality-said" });
  private readonly head = el("div", { class: "page-head" });
  private readonly chart = new TimeChart({
    testid: "chart-quality",
    title: "Quality",
    unit: "number",
    least: 0.01,
  });
  private metric = "";
  private version: string | null = null;
  private quality: Quality | null = null;

  show(quality: Quality): void {
    this.quality = quality;
    const metrics = metricsOf(quality.model);
    if (metrics.length === 0) {
      setChildren(this.element);
      return;
    }
    const versions = [...new Set(quality.windows.map((one) => one.version))].sort();
    if (!metrics.includes(this.metric)) this.metric = metrics[0] ?? "";
    if (this.version === null || !versions.includes(this.version))
      this.version = quality.windows.at(-1)?.version ?? null;
    const windows = quality.windows.filter((one) => one.version === this.version);
    const lines = qualityLines(windows, this.metric);
    setText(this.said, whatIsMissing(windows));
    setChildren(
      this.head,
      el("h2", {}, "Quality"),
      this.metricChoice(metrics),
      versions.length > 1 && this.versionChoice(versions),
    );
    this.chart.setCeiling(SHARES.has(this.metric) ? 1 : null);
    this.chart.show(
      LINES,
      lines.times,
      [lines.realised, lines.low, lines.high, lines.estimated],
      [quality.from, quality.to],
    );
    setChildren(this.element, this.head, this.said, windows.length > 0 && this.chart.element);
  }

  close(): void {
    this.chart.close();
  }

  private again(): void {
    if (this.quality !== null) this.show(this.quality);
  }

  private metricChoice(metrics: readonly string[]): HTMLElement {
    const list = metrics.map((id) => ({ id, label: METRIC_LABEL[id] ?? id }));
    const made = choices("Metric", list, (id) => {
      this.metric = id;
      this.again();
    });
    made.show(this.metric);
    return made.element;
  }

  private versionChoice(versions: readonly string[]): HTMLElement {
    const list = versions.map((id) => ({ id, label: id === "" ? "no version" : id }));
    const pick = (id: string) => {
      this.version = id;
      this.again();
    };
    const made = choices("Version", list, pick, "version");
    made.show(this.version ?? "");
    return made.element;
  }
}
