/** What the trend detectors know of an endpoint: whether they can be trusted yet, and what they found. */
import type { App } from "../app";
import { formatMoment, formatSpan } from "../format";
import type { Trend, TrendChange } from "../gateway/outage_contract";
import { explain, Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { type Child, el, setChildren } from "../parts/element";
import { type Loading, panel } from "../parts/panel";
import { trendBudget } from "./trend_budget";

const CHANGES_SHOWN = 6;
const BUCKET_MS = 300_000;

/** Changes of Apdex are small: three decimals. */
export function changeText(change: TrendChange): string {
  const what = change.kind === "decline" ? "Slow change" : "Step";
  return `${what} ${change.direction} by ${Math.abs(change.size).toFixed(3)}`;
}

const SPANS: Record<string, string> = { "1h": "1 h", "1d": "a day", "7d": "a week" };

/** The floor of any method with the present traffic, by how much time there is before and after. */
export function smallestOf(trend: Trend): [string, number][] {
  const named = Object.entries(trend.smallest_change ?? {}).map(([span, size]): [string, number | null] => [
    SPANS[span] ?? span,
    size,
  ]);
  const listed = (trend.smallest ?? []).map(({ span_s, size }): [string, number | null] => [
    formatSpan(span_s * 1000),
    size,
  ]);
  return [...named, ...listed].filter((entry): entry is [string, number] => typeof entry[1] === "number");
}

/** `421 of 500 buckets learned; about 7 h to go`. */
export function learningText(trend: Trend): string {
  const { learned_buckets: learned, needed_buckets: needed } = trend;
  if (typeof learned !== "number" || typeof needed !== "number") return "Still learning what is usual.";
  const left = Math.max(0, needed - learned);
  const rest = left > 0 ? `; about ${formatSpan(left * BUCKET_MS)} to go` : "";
  return `${learned} of ${needed} buckets learned${rest}. Alarms before that do not count.`;
}

export class TrendPanel implements Loading {
  readonly element: HTMLElement;
  private readonly content = el("div", { class: "trend" }, el("div", { class: "skeleton skeleton-row" }));
  private readonly allowance = el("div");

  constructor(
    private readonly app: App,
    private readonly monitor: string,
  ) {
    this.element = panel("Trend of Apdex", "trend", this.content, this.allowance);
  }

  async load(signal: AbortSignal): Promise<void> {
    try {
      const trend = await this.app.gateway.trend(this.monitor, signal);
      if (!signal.aborted) this.show(trend);
    } catch (error) {
      if (signal.aborted) return;
      const missing = error instanceof Problem && [404, 405].includes(error.status);
      const text = missing ? "Trends are not available for this endpoint." : explain(error);
      setChildren(this.content, el("p", { class: "muted note" }, text));
    }
  }

  private show(trend: Trend): void {
    const learning = trend.state === "learning";
    this.allow(trend.false_alarms?.per_day ?? trend.budget_per_day ?? null);
    setChildren(
      this.content,
      el(
        "p",
        { class: "trend-state" },
        stateBadge(learning ? "idle" : "up", learning ? "Learning" : "Watching"),
        el("span", { class: "muted" }, learning ? learningText(trend) : watchingText(trend)),
      ),
      learning && learningBar(trend),
      el("div", { class: "two-columns" }, standings(trend), smallest(trend)),
      ...changes(trend.changes ?? []),
    );
  }

  /** A form that somebody fills in stays as it is when the trend is loaded again. */
  private allow(allowed: number | null): void {
    if (allowed === null || this.allowance.querySelector("form")) return;
    const text = `False alarms allowed in the whole account: ${allowed} a day.`;
    setChildren(
      this.allowance,
      el("p", { class: "muted note", testid: "trend-allowed" }, text),
      this.app.viewer.admin && trendBudget(this.app, allowed, (now) => this.allow(now)),
    );
  }
}

function watchingText(trend: Trend): string {
  return typeof trend.expected === "number" ? `Usual for this hour: ${trend.expected.toFixed(3)}` : "";
}

function learningBar(trend: Trend): HTMLElement | false {
  const { learned_buckets: learned, needed_buckets: needed } = trend;
  if (typeof learned !== "number" || typeof needed !== "number" || needed <= 0) return false;
  return meter("Learned", learned / needed, "");
}

function meter(label: string, share: number, tone: string): HTMLElement {
  const percent = Math.round(Math.min(1, Math.max(0, share)) * 100);
  const fill = el("i", { class: tone });
  fill.style.width = `${percent}%`;
  const bar = {
    class: "meter",
    role: "meter",
    "aria-label": label,
    "aria-valuenow": percent,
    "aria-valuemin": 0,
    "aria-valuemax": 100,
  };
  return el(
    "div",
    { class: "meter-line" },
    el("span", {}, label),
    el("div", bar, fill),
    el("b", {}, `${percent} %`),
  );
}

/** How near each direction is to an alarm. */
function standings(trend: Trend): HTMLElement {
  const share = (value: number | null | undefined) => (typeof value === "number" ? value : 0);
  const tone = (value: number) => (value >= 1 ? "tone-fill-bad" : value >= 0.6 ? "tone-fill-warn" : "");
  const line = (label: string, value: number) => meter(label, value, tone(value));
  return el(
    "div",
    {},
    el("h4", {}, "Way to an alarm"),
    line("worse", share(trend.standing?.down)),
    line("better", share(trend.standing?.up)),
  );
}

function smallest(trend: Trend): HTMLElement {
  const rows = smallestOf(trend).map(([span, size]) =>
    el(
      "tr",
      {},
      el("th", { scope: "row" }, `with ${span} on each side`),
      el("td", { class: "number" }, size.toFixed(3)),
    ),
  );
  const none = el("p", { class: "muted" }, "Not enough checks yet to say.");
  return el(
    "div",
    {},
    el("h4", {}, "Smallest change that can be found"),
    rows.length > 0 ? el("table", { class: "table-tight" }, el("tbody", {}, ...rows)) : none,
  );
}

function changes(found: readonly TrendChange[]): Child[] {
  const now = serverNow();
  if (found.length === 0) return [el("p", { class: "muted note" }, "No lasting change has been found.")];
  const newest = [...found].sort((a, b) => b.found_ms - a.found_ms).slice(0, CHANGES_SHOWN);
  return newest.map((change) =>
    el(
      "div",
      { class: "change", testid: "trend-change" },
      stateBadge(change.direction === "down" ? "degraded" : "up", changeText(change)),
      el(
        "span",
        { class: "muted" },
        `since ${formatMoment(change.start_ms, now)}, found ${formatSpan(change.found_ms - change.start_ms)} later`,
      ),
      change.learning === true && el("span", { class: "quiet-mark" }, "while learning"),
    ),
  );
}
