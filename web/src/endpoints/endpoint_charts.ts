/** The charts and figures of one endpoint over a range. */
import type { Marks } from "../charts/marks";
import { type Line, TimeChart } from "../charts/time_chart";
import { formatMillis, formatUptime, NOTHING } from "../format";
import type { CheckPhase, CheckResult, MonitorHistory } from "../gateway/contract";
import { el, setClass, setText } from "../parts/element";
import { type Cell, gapAfter, markGaps, withoutYoungEnd } from "../series/gaps";
import type { Range } from "../series/range";
import { apdexBand, apdexText, apdexTone } from "./apdex";
import type { Happenings } from "./happenings";
import { OutcomeStrip } from "./outcome_strip";
import { type PhaseSeries, phasesOfChecks, phasesOfHistory } from "./phases";

const RESPONSE: readonly Line[] = [
  { key: "p50", label: "median", color: "c1", area: true },
  { key: "p95", label: "95th percentile", color: "c3" },
  { key: "p99", label: "99th percentile", color: "c4" },
];
/** The colours of the bars in the table of checks. */
const PHASE_LINES: Record<CheckPhase, Line> = {
  dns: { key: "dns", label: "dns", color: "c6" },
  connect: { key: "connect", label: "connect", color: "c5" },
  tls: { key: "tls", label: "tls", color: "c2" },
  ttfb: { key: "ttfb", label: "first byte", color: "c1" },
  transfer: { key: "transfer", label: "transfer", color: "c3" },
};
const COUNTS: readonly Line[] = [
  { key: "satisfied", label: "satisfied", color: "ok" },
  { key: "tolerating", label: "tolerating", color: "warn" },
  { key: "frustrated", label: "frustrated", color: "bad" },
];
const APDEX: readonly Line[] = [{ key: "apdex", label: "Apdex", color: "c2" }];

/** What the charts show. `checks`: the newest raw ones, for phases that the history does not hold. */
export interface Shown {
  history: MonitorHistory;
  range: Range;
  intervalS: number;
  checks: readonly CheckResult[];
}

export class EndpointCharts {
  readonly figures: HTMLElement;
  readonly strip: OutcomeStrip;
  readonly element: HTMLElement;
  private readonly response: TimeChart;
  private readonly phases: TimeChart;
  private readonly counts: TimeChart;
  private readonly apdex: TimeChart;
  private readonly uptime = figure("Uptime", "endpoint-uptime");
  private readonly reachability = figure("Reachability", "endpoint-reachability");
  private readonly score = figure("Apdex", "endpoint-score");
  private readonly average = figure("Average", "endpoint-average");
  private readonly slow = figure("Highest p95", "endpoint-p95");

  constructor(onMark: (id: string) => void) {
    const chart = (testid: string, title: string) => ({ testid, title, onMark });
    this.strip = new OutcomeStrip(onMark);
    this.response = new TimeChart({ ...chart("chart-response", "Response time"), unit: "millis", least: 10 });
    this.phases = new TimeChart({
      ...chart("chart-phases", "Phases, median"),
      unit: "millis",
      stack: true,
      least: 1,
    });
    this.apdex = new TimeChart({ ...chart("chart-apdex", "Apdex over time"), unit: "number", ceiling: 1 });
    this.counts = new TimeChart({
      ...chart("chart-counts", "Checks"),
      unit: "count",
      stack: true,
      bars: true,
      least: 2,
    });
    const all = [this.score, this.uptime, this.reachability, this.average, this.slow];
    this.figures = el("div", { class: "figures" }, ...all.map((entry) => entry.element));
    this.element = el(
      "div",
      {},
      this.figures,
      el("section", { class: "panel chart", "aria-label": "Availability over time" }, this.strip.element),
      el("div", { class: "chart-grid chart-grid-even" }, ...this.charts.map((entry) => entry.element)),
    );
  }

  show({ history, range, intervalS, checks }: Shown, now: number): void {
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
    const window: [number, number] = [now - range.seconds * 1000, now];
    const gap = gapAfter(Math.max(history.step_s, intervalS) * 1000);
    const line = (values: readonly Cell[]) =>
      withoutYoungEnd(timestamps, markGaps(timestamps, values, gap), gap);
    const response = [history.p50_ms, history.p95_ms, history.p99_ms].map(line);
    this.response.show(RESPONSE, timestamps, response, window);
    this.apdex.show(APDEX, timestamps, [line(history.apdex.map((entry) => entry?.score ?? null))], window);
    const counts = [history.satisfied, history.tolerating, history.frustrated];
    this.counts.show(COUNTS, timestamps, counts, window);
    const phases: PhaseSeries = phasesOfHistory(history) ?? phasesOfChecks(checks, history);
    const found = [...phases.columns];
    this.phases.show(
      found.map(([phase]) => PHASE_LINES[phase]),
      timestamps,
      found.map(([, values]) => line(values)),
      window,
    );
  }

  /** A job that reports itself has runs, but no phases. */
  withoutPhases(): void {
    this.phases.element.hidden = true;
  }

  mark(history: MonitorHistory, happenings: Happenings, marks: Marks, now: number): void {
    this.strip.show(history, now, happenings);
    for (const chart of this.charts) chart.mark(marks);
  }

  close(): void {
    for (const chart of this.charts) chart.close();
  }

  private get charts(): TimeChart[] {
    return [this.response, this.phases, this.apdex, this.counts];
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
