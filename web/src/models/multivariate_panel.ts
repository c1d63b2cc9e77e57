/** All columns together, window by window, on a model's page; nothing for models of which nobody asked for it. */
import { type Line, TimeChart } from "../charts/time_chart";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { el, setChildren } from "../parts/element";
import { type Multivariate, type MultivariateWindow, STATE_LABEL } from "./contract";
import { figure, toneOf } from "./window_panel";

const LINES: readonly Line[] = [
  { key: "auc", label: "ROC area", color: "c1" },
  { key: "low", label: "95 % from", color: "idle" },
  { key: "high", label: "to", color: "idle" },
];
const NEWEST = 10;
const HEAD = ["Window", "State", "Rows", "ROC area", "Reconstruction error", "p", "What moved"];

export class MultivariatePanel {
  readonly element = el("div", { testid: "multivariate", "aria-live": "polite" });
  private readonly chart = new TimeChart({
    testid: "chart-multivariate",
    title: "All columns together",
    unit: "number",
    fitting: true,
  });

  show(found: Multivariate | null): void {
    if (found === null) {
      setChildren(this.element);
      return;
    }
    const version = found.windows.at(-1)?.version;
    const windows = found.windows.filter((one) => one.version === version);
    const head = el(
      "div",
      { class: "page-head" },
      el("h2", {}, "All columns together"),
      version !== undefined && version !== "" && el("span", { class: "muted" }, `version ${version}`),
    );
    if (windows.length === 0) {
      setChildren(this.element, head, el("p", { class: "muted" }, "No window is over yet."));
      return;
    }
    const domains = windows.map((one) => one.result.domain ?? null);
    this.chart.show(
      LINES,
      windows.map((one) => one.start_ms),
      [
        domains.map((one) => one?.auc ?? null),
        domains.map((one) => one?.low ?? null),
        domains.map((one) => one?.high ?? null),
      ],
      [found.from, found.to],
    );
    const said = "How well rows of a window can be told from the reference's: .5 means not at all.";
    const table = el(
      "table",
      { class: "findings" },
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...windows.slice(-NEWEST).reverse().map(lineOf)),
    );
    setChildren(
      this.element,
      head,
      el("p", { class: "muted" }, said),
      this.chart.element,
      el("div", { class: "panel table-panel" }, table),
    );
  }

  close(): void {
    this.chart.close();
  }
}

function lineOf(one: MultivariateWindow): HTMLElement {
  const { domain, reconstruction, adjusted } = one.result;
  const area = domain ? `${figure(domain.auc)} (${figure(domain.low)} to ${figure(domain.high)})` : "–";
  const error = reconstruction
    ? `${figure(reconstruction.error)}, usually ${figure(reconstruction.lower)} to ${figure(reconstruction.upper)}`
    : "–";
  return el(
    "tr",
    { testid: "multivariate-row" },
    el("th", { scope: "row" }, formatMoment(one.start_ms, serverNow())),
    el("td", {}, stateBadge(toneOf(one), STATE_LABEL[one.state])),
    el("td", { class: "number" }, String(one.rows)),
    el("td", { class: "number" }, area),
    el("td", { class: "number" }, error),
    el("td", { class: "number" }, figure(adjusted ?? null)),
    el("td", {}, whatMoved(one)),
  );
}

/** The pair of numbers that goes together otherwise, or why there is no answer. */
export function whatMoved({ result, state }: MultivariateWindow): string {
  if (result.reason !== undefined) return result.reason;
  const pair = result.pairs?.[0];
  if (state !== "drift" || pair === undefined || pair.adjusted > 0.05) return "";
  return `correlation of ${pair.first} and ${pair.second}: ${pair.baseline.toFixed(2)}, now ${pair.window.toFixed(2)}`;
}
