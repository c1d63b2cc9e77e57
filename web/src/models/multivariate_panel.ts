/** All columns together, window by window, on a model's page; nothing for models of which nobody ever asked for it. */
import { type Line, TimeChart } from "../charts/time_chart";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { choices } from "../parts/choices";
import { el, setChildren } from "../parts/element";
import { type Multivariate, type MultivariateWindow, STATE_LABEL } from "./contract";
import { figure, toneOf } from "./window_panel";

const LINES: readonly Line[] = [
  { key: "auc", label: "ROC area", color: "c1" },
  { key: "low", label: "95 % from", color: "idle" },
  { key: "high", label: "to", color: "idle" },
];
const NEWEST = 10;
const MOST_MOVED = 3;
const HEAD = ["Window", "State", "Rows", "ROC area", "Reconstruction error", "p", "What moved"];

export class MultivariatePanel {
  readonly element = el("div", { testid: "multivariate", "aria-live": "polite" });
  private readonly chart = new TimeChart({
    testid: "chart-multivariate",
    title: "All columns together",
    unit: "number",
    fitting: true,
  });

  private version: string | null = null;
  private found: Multivariate | null = null;

  show(found: Multivariate): void {
    this.found = found;
    if (!isShown(found)) {
      setChildren(this.element);
      return;
    }
    const { versions, version, windows } = ofVersion(found.windows, this.version);
    const head = el(
      "div",
      { class: "page-head" },
      el("h2", {}, "All columns together"),
      versions.length === 1 && version !== "" && el("span", { class: "muted" }, `version ${version}`),
      versions.length > 1 && this.choice(versions, version),
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
    const said = [
      "How well rows of a window can be told from the reference's: .5 means not at all.",
      absentText(windows),
    ];
    const lines = windows
      .slice(-NEWEST)
      .reverse()
      .map((one) => lineOf(one, found.model.alpha));
    const table = el(
      "table",
      { class: "findings" },
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...lines),
    );
    setChildren(
      this.element,
      head,
      el("p", { class: "muted" }, said.join(" ").trim()),
      this.chart.element,
      el("div", { class: "panel table-panel" }, table),
    );
  }

  close(): void {
    this.chart.close();
  }

  private choice(versions: readonly string[], now: string): HTMLElement {
    const list = versions.map((id) => ({ id, label: id === "" ? "no version" : id }));
    const pick = (id: string) => {
      this.version = id;
      if (this.found !== null) this.show(this.found);
    };
    const made = choices("Version of all columns together", list, pick, "together-version");
    made.show(now);
    return made.element;
  }
}

/** Not, if there is no window and none is to come. */
export function isShown({ model, windows }: Multivariate): boolean {
  return windows.length > 0 || (model.multivariate_s ?? null) !== null;
}

/** The versions there are, and the windows of the one that was chosen; without a choice, of the newest window's. */
export function ofVersion(windows: readonly MultivariateWindow[], chosen: string | null) {
  const versions = [...new Set(windows.map((one) => one.version))].sort();
  const version = chosen !== null && versions.includes(chosen) ? chosen : (windows.at(-1)?.version ?? "");
  return { versions, version, windows: windows.filter((one) => one.version === version) };
}

/** Which columns the newest window does not have. */
export function absentText(windows: readonly MultivariateWindow[]): string {
  const absent = windows.at(-1)?.result.absent ?? [];
  return absent.length === 0 ? "" : `Not compared, since rows do not have them: ${absent.join(", ")}.`;
}

function lineOf(one: MultivariateWindow, alpha: number): HTMLElement {
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
    el("td", {}, whatMoved(one, alpha)),
  );
}

/** The features whose means moved, and the pair of numbers that goes together otherwise; or why there is no answer. */
export function whatMoved({ result, state }: MultivariateWindow, alpha: number): string {
  if (result.reason !== undefined) return result.reason;
  if (state !== "drift") return "";
  const means = (result.moved ?? []).filter((one) => one.adjusted <= alpha).slice(0, MOST_MOVED);
  const said = means.map((one) => `${one.feature}: ${figure(one.baseline)}, now ${figure(one.window)}`);
  const pair = result.pairs?.[0];
  if (pair !== undefined && pair.adjusted <= alpha) {
    const moved = `${pair.baseline.toFixed(2)}, now ${pair.window.toFixed(2)}`;
    said.push(`correlation of ${pair.first} and ${pair.second}: ${moved}`);
  }
  return said.join("; ");
}
