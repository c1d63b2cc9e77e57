/** One model: its features over its windows, and the window that was chosen. */
import type { App } from "../app";
import { formatMoment } from "../format";
import type { Id } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { rangePicker } from "../parts/range_picker";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { MODELS } from "../route";
import { ENDPOINT_RANGES, type Range, rangeById } from "../series/range";
import { ChartPanel } from "./chart_panel";
import { type Drift, type DriftWindow, type Reference, STATE_LABEL } from "./contract";
import { driftTable, type FeatureRow } from "./drift_table";
import { MetricPanel } from "./metric_panel";
import { ModelsGateway } from "./models_gateway";
import { MultivariatePanel } from "./multivariate_panel";
import { QualityPanel } from "./quality_panel";
import { ReferencePanel } from "./reference_panel";
import { SegmentPanel } from "./segment_panel";
import { profileOfSegment } from "./segments";
import { windowPanel } from "./window_panel";

const RELOAD_EVERY_MS = 15_000;

export function modelPage(app: App, id: string): Page {
  const gateway = new ModelsGateway(app.gateway);
  let range: Range = rangeById(null, "7d", ENDPOINT_RANGES);
  let request = new AbortController();
  let shown = false;
  let chosen: { feature: string; version: string; start: number } | null = null;
  let segment: string | null = null;
  const references = new Map<Id, Promise<Reference>>();
  const title = el("h1", {}, "Model");
  const said = el("span", { class: "muted" });
  const grid = el("div");
  const detail = el("div");
  const quality = new QualityPanel();
  const metrics = new MetricPanel();
  const wholes = new MultivariatePanel();
  const charts = new ChartPanel();
  let newest: Drift | null = null;
  const segments = new SegmentPanel((wanted) => {
    segment = wanted;
    shown = false;
    chosen = null;
    setChildren(detail);
    void load();
  });
  const given = new ReferencePanel(gateway, id);
  const picker = rangePicker((wanted) => {
    range = wanted;
    shown = false;
    void load();
  }, ENDPOINT_RANGES);

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    picker.show(range);
    if (!shown) setChildren(grid, skeletonRows(6));
    try {
      const from = `-${range.seconds}s`;
      const [drift, found, measured, together] = await Promise.all([
        gateway.drift(id, from, signal, segment),
        gateway.quality(id, from, signal),
        gateway.metrics(id, from, signal),
        gateway.multivariate(id, from, signal),
      ]);
      const by = drift.model.segment_by ? await gateway.segments(id, from, signal) : null;
      if (signal.aborted) return;
      shown = true;
      show(drift);
      segments.show(by, segment);
      wholes.show(together);
      quality.show(found);
      metrics.show(measured);
    } catch (error) {
      if (signal.aborted || shown) return;
      setChildren(
        grid,
        errorState("The model could not be loaded", error, () => void load()),
      );
    }
  };

  const show = (drift: Drift) => {
    newest = drift;
    if (chosen !== null) charts.show(drift, chosen.feature, chosen.version);
    setText(title, drift.model.name);
    const { rows, columns } = driftTable(drift.windows);
    const raised = rows.filter((row) => row.raised).length;
    setText(
      said,
      rows.length === 0
        ? ""
        : `${raised === 0 ? "no drift" : `drift in ${raised} of ${rows.length} features`}${segment === null ? "" : `, segment ${segment}`}`,
    );
    if (rows.length === 0) {
      const how = "Windows appear here once rows have come and a window is over.";
      const of = segment === null ? "" : ` of segment ${segment}`;
      setChildren(grid, emptyState(`No windows${of} in ${range.label}`, how));
      return;
    }
    const versions = new Set(rows.map((row) => row.version)).size > 1;
    const head = el("tr", {}, el("th", { scope: "col" }, "Feature"), ...columns.map(headOf));
    setChildren(
      grid,
      el(
        "div",
        { class: "panel table-panel flush drift-scroll" },
        el(
          "table",
          { class: "drift-grid", testid: "drift-grid" },
          el("thead", {}, head),
          el("tbody", {}, ...rows.map((row) => lineOf(row, columns, versions))),
        ),
      ),
    );
  };

  const headOf = (start: number, index: number) =>
    el(
      "th",
      { scope: "col", title: formatMoment(start, serverNow()) },
      index % 12 === 0 ? formatMoment(start, serverNow()) : "",
    );

  const lineOf = (row: FeatureRow, columns: readonly number[], versions: boolean) =>
    el(
      "tr",
      { testid: "drift-row", data: { feature: row.feature, raised: String(row.raised) } },
      el("th", { scope: "row" }, row.feature, versions && el("span", { class: "muted" }, ` ${row.version}`)),
      ...columns.map((start) => cellOf(row.cells.get(start))),
    );

  const cellOf = (one: DriftWindow | undefined) => {
    if (one === undefined) return el("td", {});
    const label = `${one.feature}, ${formatMoment(one.start_ms, serverNow())}: ${STATE_LABEL[one.state]}, ${one.rows} rows`;
    const is = chosen !== null && chosen.feature === one.feature && chosen.version === one.version;
    return el(
      "td",
      {},
      el("button", {
        type: "button",
        class: `cell cell-${one.state}`,
        title: label,
        "aria-label": label,
        "aria-pressed": String(is && chosen?.start === one.start_ms),
        on: { click: () => void open(one) },
      }),
    );
  };

  const open = async (one: DriftWindow) => {
    chosen = { feature: one.feature, version: one.version, start: one.start_ms };
    for (const button of grid.querySelectorAll("button.cell")) button.setAttribute("aria-pressed", "false");
    setChildren(detail, windowPanel(one, null));
    if (newest !== null) charts.show(newest, one.feature, one.version);
    const of = segment;
    const reference = await referenceOf(one.reference).catch(() => null);
    if (chosen?.start !== one.start_ms || chosen.feature !== one.feature || chosen.version !== one.version)
      return;
    const whole = reference?.profiles.find((profile) => profile.name === one.feature) ?? null;
    const profile = whole && of !== null ? profileOfSegment(whole, reference?.segments ?? null, of) : whole;
    setChildren(detail, windowPanel(one, profile));
  };

  const referenceOf = (reference: Id): Promise<Reference> => {
    const known = references.get(reference);
    if (known !== undefined) return known;
    const asked = gateway.reference(reference);
    references.set(reference, asked);
    asked.catch(() => references.delete(reference));
    return asked;
  };

  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  void load();
  void given.load();
  return {
    title: "Model",
    element: el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, el("a", { href: MODELS }, "Models"), title, said, picker.element),
      grid,
      detail,
      charts.element,
      segments.element,
      wholes.element,
      quality.element,
      metrics.element,
      given.element,
    ),
    close() {
      request.abort();
      quality.close();
      charts.close();
      wholes.close();
      metrics.close();
      window.clearInterval(timer);
    },
  };
}
