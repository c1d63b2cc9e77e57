/** The charts and figures of one endpoint over a range. */
import { type Line, TimeChart } from "../charts/time_chart";
import { formatMillis, formatUptime, NOTHING } from "../format";
import type { MonitorHistory } from "../gateway/contract";
import { el, setClass, setText } from "../parts/element";
import { type Cell, gapAfter, markGaps } from "../series/gaps";
import type { Range } from "../series/range";
import { apdexBand, apdexText, apdexTone } from "./apdex";
import { OutcomeStrip } from "./outcome_strip";

const RESPONSE: readonly Line[] = [
  { key: "avg", label: "average", color: "c1", area: true },
  { key: "p95", label: "95th percentile", color: "c3" },
];
const COUNTS: readonly Line[] = [
  { key: "satisfied", label: "satisfied", color: "ok" },
  { key: "tolerating", label: "tolerating", color: "warn" },
  { key: "frustrated", label: "frustrated", color: "bad" },
];
const APDEX: readonly Line[] = [{ key: "apdex", label: "Apdex", color: "c2" }];

export class EndpointCharts {
  readonly figures: HTMLElement;
  readonly element: HTMLElement;
  private readonly response = new TimeChart({
    testid: "chart-response",
    title: "Response time",
    unit: "millis",
    least: 10,
  });
  private readonly counts = new TimeChart({
    testid: "chart-counts",
    title: "Checks",
    unit: "count",
    stack: true,
    bars: true,
    least: 2,
  });
  private readonly apdex = new TimeChart({
    testid: "chart-apdex",
    title: "Apdex over time",
    unit: "number",
    ceiling: 1,
  });
  private readonly strip = new OutcomeStrip();
  private readonly uptime = figure("Uptime", "endpoint-uptime");
  private readonly reachability = figure("Reachability", "endpoint-reachability");
  private readonly score = figure("Apdex", "endpoint-score");
  private readonly average = figure("Average", "endpoint-average");
  private readonly slow = figure("Highest p95", "endpoint-p95");

  constructor() {
    const all = [this.uptime, this.reachability, this.score, this.average, this.slow];
    this.figures = el("div", { class: "figures" }, ...all.map((entry) => entry.element));
    this.element = el(
      "div",
      {},
      this.figures,
      el("section", { class: "panel chart", "aria-label": "Availability" }, this.strip.element),
      el(
        "div",
        { class: "chart-grid chart-grid-wide" },
        this.response.element,
        this.apdex.element,
        this.counts.element,
      ),
    );
  }

  show(history: MonitorHistory, range: Range, intervalS: number, now: number): void {
    const { summary, timestamps } = history;
    setText(this.uptime.value, formatUptime(summary.uptime));
    setText(this.reachability.value, formatUptime(summary.reachability));
    setText(this.score.value, apdexText(summary.apdex));
    setClass(this.score.value, `figure-value tone-${apdexTone(summary.apdex)}`);
    setText(this.score.note, apdexBand(summary.apdex) ?? "");
    setText(this.average.value, formatMillis(weightedAverage(history)));
    const peaks = history.p95_ms.filter((value): value is number => value !== null);
    setText(this.slow.value, peaks.length > 0 ? formatMillis(Math.max(...peaks)) : NOTHING);
    for (const entry of [this.uptime, this.reachability, this.average, this.slow]) {
      setText(entry.note, `over ${range.label}`);
    }
    this.strip.show(history, now);

    const window: [number, number] = [now - range.seconds * 1000, now];
    const gap = gapAfter(Math.max(history.step_s, intervalS) * 1000);
    const line = (values: readonly Cell[]) => markGaps(timestamps, values, gap);
    this.response.show(RESPONSE, timestamps, [line(history.avg_ms), line(history.p95_ms)], window);
    this.apdex.show(APDEX, timestamps, [line(history.apdex.map((entry) => entry?.score ?? null))], window);
    const counts = [history.satisfied, history.tolerating, history.frustrated];
    this.counts.show(COUNTS, timestamps, counts, window);
  }

  close(): void {
    for (const chart of [this.response, this.counts, this.apdex]) chart.close();
  }
}

/** Over checks, not over steps: a step with one check must not weigh as much as one with sixty. */
export function weightedAverage(history: MonitorHistory): number | null {
  let sum = 0;
  let count = 0;
  history.avg_ms.forEach((average, i) => {
    if (average === null) return;
    const checks = (history.up[i] ?? 0) + (history.degraded[i] ?? 0);
    sum += average * checks;
    count += checks;
  });
  return count === 0 ? null : sum / count;
}

interface Figure {
  element: HTMLElement;
  value: HTMLElement;
  note: HTMLElement;
}

function figure(label: string, testid: string): Figure {
  const value = el("span", { class: "figure-value", testid }, NOTHING);
  const note = el("span", { class: "figure-note" });
  const element = el(
    "div",
    { class: "panel figure" },
    el("span", { class: "figure-label" }, label),
    value,
    note,
  );
  return { element, value, note };
}
