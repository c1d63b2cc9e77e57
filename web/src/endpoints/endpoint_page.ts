/** The page of one endpoint: its figures and charts over a range, its locations, what failed, what was released. */
import type { App } from "../app";
import type { CheckResult, Monitor, MonitorHistory } from "../gateway/contract";
import { Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { KINDS } from "../monitors/kinds";
import { el, setChildren } from "../parts/element";
import type { Page } from "../parts/page";
import type { Loading } from "../parts/panel";
import { rangePicker } from "../parts/range_picker";
import { emptyState, errorState, skeletonCharts } from "../parts/states";
import { endpointAddress, HOME } from "../route";
import { ENDPOINT_RANGES, rangeById, reloadEveryMs, stepFor, windowOf } from "../series/range";
import { AvailabilityTable } from "./availability_table";
import { BadgePanel } from "./badge_panel";
import { CheckTable } from "./check_table";
import { EndpointCharts } from "./endpoint_charts";
import { endpointHead } from "./endpoint_head";
import { FailurePanel } from "./failure_panel";
import { happeningsIn, marksOf, NOTHING_HAPPENED } from "./happenings";
import { HeartbeatPanel } from "./heartbeat_panel";
import { LocationTable } from "./location_table";
import { PhaseTable } from "./phase_table";
import { ReleasePanel } from "./release_panel";
import { TrendPanel } from "./trend_panel";

/** As many as the gateway gives: phases over time are made of them where its history has none. */
const CHECKS = 1000;
const DEFAULT_INTERVAL_S = 60;
/** After a check, history has it once its step is written. */
const AFTER_CHECK_MS = 10_000;
const PANELS_EVERY_MS = 60_000;

export function endpointPage(app: App, id: string, wantedRange: string | null): Page {
  const monitor = (): Monitor | undefined => app.endpoints.endpoints.get(id)?.monitor;
  const targetMs = () => monitor()?.apdex_t_ms ?? 500;
  const releases = new ReleasePanel(app, id, targetMs, (reload) => (reload ? void load(true) : drawMarks()));
  const charts = new EndpointCharts((mark) => {
    releases.choose(mark);
    releases.element.scrollIntoView({ block: "nearest" });
  });
  const locations = new LocationTable();
  const checks = new CheckTable();
  const failures = new FailurePanel(app.gateway, id);
  const heartbeat = new HeartbeatPanel(app, id);
  const availability = new AvailabilityTable(app.gateway, id);
  const trend = new TrendPanel(app, id);
  const phaseTable = new PhaseTable(app.gateway, id);
  const badges = new BadgePanel(app, id, () => monitor()?.name ?? id);
  const content = el("div");
  const picker = rangePicker((chosen) => {
    range = chosen;
    history.replaceState(null, "", endpointAddress(id, range.id));
    void load();
  }, ENDPOINT_RANGES);
  const head = endpointHead(app, id, picker.element);
  const leave = new AbortController();
  let range = rangeById(wantedRange, "1h", ENDPOINT_RANGES);
  let request = new AbortController();
  let past: MonitorHistory | null = null;
  let raw: CheckResult[] = [];
  let happenings = NOTHING_HAPPENED;
  let loadedAt = 0;
  let panelsAt = 0;
  let freshAt: number | null = null;
  let step = 60;
  let shown = false;

  const load = async (quiet = false) => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    picker.show(range);
    freshAt = null;
    if (!quiet && !shown) setChildren(content, skeletonCharts(4));
    content.classList.toggle("is-loading", !quiet && shown);
    try {
      if (!monitor()) await app.endpoints.load();
      if (signal.aborted) return;
      if (!monitor()) {
        showMissing();
        return;
      }
      await ask(signal);
      if (signal.aborted) return;
      loadedAt = Date.now();
      if (!shown) lay();
      shown = true;
      content.classList.remove("is-loading");
      draw();
    } catch (error) {
      if (signal.aborted) return;
      content.classList.remove("is-loading");
      if (error instanceof Problem && error.status === 404) {
        showMissing();
        return;
      }
      if (quiet && shown) return;
      shown = false;
      setChildren(
        content,
        errorState("The history could not be loaded", error, () => void load()),
      );
    }
  };

  const ask = async (signal: AbortSignal) => {
    step = stepFor(range.seconds, monitor()?.interval_s ?? DEFAULT_INTERVAL_S);
    const window = { ...windowOf(range, Math.round(serverNow()), step), step };
    const [answer, last, around] = await Promise.all([
      app.gateway.history(id, window, signal),
      shown ? null : app.gateway.checks(id, CHECKS, signal),
      happeningsIn(app.gateway, id, app.maintenance.of(id), window.from, window.to, signal),
    ]);
    if (signal.aborted) return;
    past = answer;
    happenings = around;
    if (!last) return;
    raw = last;
    checks.load(last);
    failures.note(last);
  };

  const passive = () => KINDS[monitor()?.kind ?? ""]?.passive === true;
  const lay = () => {
    const beside = (...pair: Loading[]) =>
      el("div", { class: "two-columns" }, ...pair.map((panel) => panel.element));
    if (passive()) {
      charts.withoutPhases();
      const parts = [heartbeat.element, charts.element, releases.element, beside(availability, failures)];
      setChildren(content, ...parts, badges.element);
    } else {
      const parts = [charts.element, releases.element, beside(availability, trend), locations.element];
      const last = [beside(failures, badges), phaseTable.element, checks.element];
      setChildren(content, ...parts, ...last);
    }
    loadPanels();
    void badges.load(leave.signal);
  };
  const loadPanels = () => {
    panelsAt = Date.now();
    const own = passive() ? [heartbeat] : [trend, phaseTable];
    for (const panel of [availability, failures, ...own]) void panel.load(leave.signal);
  };
  const draw = () => {
    if (!past) return;
    const intervalS = monitor()?.interval_s ?? DEFAULT_INTERVAL_S;
    charts.show({ history: past, range, intervalS, checks: raw }, serverNow());
    releases.show(happenings.markers);
    drawMarks();
    showMonitor();
  };
  const drawMarks = () => {
    if (past) charts.mark(past, happenings, marksOf(happenings, releases.choice, serverNow()), serverNow());
  };
  const showMissing = () => {
    const home = el("a", { href: HOME }, "See all endpoints");
    setChildren(content, emptyState("There is no such endpoint", home));
  };
  const showMonitor = () => {
    const current = monitor();
    if (!current) return;
    document.title = `${current.name} · Vedette`;
    head.show(current);
    locations.show(current, serverNow());
    if (passive()) heartbeat.refresh(current, serverNow());
  };

  const stops = [
    app.feed.checks.on((check) => {
      if (String(check.monitor) !== id || !shown) return;
      checks.add(check);
      failures.note([check]);
      raw = [check, ...raw].slice(0, CHECKS);
      freshAt ??= Date.now();
    }),
    app.endpoints.touched.on((endpoint) => {
      if (endpoint.id === id) showMonitor();
    }),
    app.endpoints.changed.on(showMonitor),
    app.incidents.changed.on(showMonitor),
    app.maintenance.changed.on(showMonitor),
    // What only administrators may do is offered once it is known that this is one.
    app.viewer.changed.on(() => {
      if (!shown) return;
      loadPanels();
      void badges.load(leave.signal);
    }),
    app.feed.reset.on(() => {
      shown = false;
      void load(true);
    }),
  ];
  const timer = window.setInterval(() => {
    showMonitor();
    const afterCheck = range.live && freshAt !== null && Date.now() - freshAt > AFTER_CHECK_MS;
    const due = Date.now() - loadedAt > reloadEveryMs(range, step);
    if (!shown || document.hidden) return;
    if (afterCheck || due) void load(true);
    if (Date.now() - panelsAt > PANELS_EVERY_MS) loadPanels();
  }, 1_000);

  showMonitor();
  // Windows are drawn over the charts, so they come first; without them the page shows all the same.
  app.maintenance
    .load()
    .catch(() => undefined)
    .then(() => (leave.signal.aborted ? undefined : load()));
  return {
    title: monitor()?.name ?? "Endpoint",
    element: el("div", { class: "page" }, head.element, content),
    close() {
      leave.abort();
      request.abort();
      window.clearInterval(timer);
      for (const stop of stops) stop();
      head.close();
      releases.close();
      charts.close();
    },
  };
}
