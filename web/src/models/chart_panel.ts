/** The control charts of the feature that was chosen, on a model's page. */
import { type Line, TimeChart } from "../charts/time_chart";
import { choices } from "../parts/choices";
import { el, setChildren } from "../parts/element";
import { chartLines, chartsOf, whatIsOut } from "./chart_lines";
import type { Drift } from "./contract";

const LINES: readonly Line[] = [
  { key: "value", label: "Window", color: "c1" },
  { key: "centre", label: "Centre", color: "c5" },
  { key: "lower", label: "Limits from", color: "idle" },
  { key: "upper", label: "to", color: "idle" },
];

export class ChartPanel {
  readonly element = el("div", { testid: "control-charts", "aria-live": "polite" });
  private readonly chart = new TimeChart({
    testid: "chart-control",
    title: "Control chart",
    unit: "number",
    fitting: true,
  });
  private id = "";

  /** Nothing for a feature without charts. */
  show(drift: Drift, feature: string, version: string): void {
    const windows = drift.windows.filter((one) => one.feature === feature && one.version === version);
    const charts = chartsOf(windows);
    if (charts.length === 0) {
      setChildren(this.element);
      return;
    }
    if (!charts.some((one) => one.id === this.id)) this.id = charts[0]?.id ?? "";
    const lines = chartLines(windows, this.id);
    this.chart.show(
      LINES,
      lines.times,
      [lines.value, lines.centre, lines.lower, lines.upper],
      [drift.from, drift.to],
    );
    const choice = choices(
      "Chart",
      charts,
      (id) => {
        this.id = id;
        this.show(drift, feature, version);
      },
      "chart",
    );
    choice.show(this.id);
    setChildren(
      this.element,
      el("div", { class: "page-head" }, el("h2", {}, `Control charts of ${feature}`), choice.element),
      el("p", { class: "muted", testid: "control-said" }, whatIsOut(lines)),
      this.chart.element,
    );
  }

  close(): void {
    this.chart.close();
  }
}
