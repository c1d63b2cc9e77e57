/** The page of one endpoint: its figures and charts over a range, its locations, its last checks. */
import type { App } from "../app";
import { formatMillis } from "../format";
import type { Monitor } from "../gateway/contract";
import { Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { rangePicker } from "../parts/range_picker";
import { emptyState, errorState, skeletonCharts } from "../parts/states";
import { endpointAddress } from "../route";
import { rangeById, reloadEveryMs, stepFor, windowOf } from "../series/range";
import { CheckTable } from "./check_table";
import { STATE_LABEL } from "./endpoint";
import { EndpointCharts } from "./endpoint_charts";
import { LocationTable } from "./location_table";

const CHECKS = 50;
const DEFAULT_INTERVAL_S = 60;
/** After a check, history has it once its step is written. */
const AFTER_CHECK_MS = 10_000;

export function endpointPage(app: App, id: string, wantedRange: string | null): Page {
  const charts = new EndpointCharts();
  const locations = new LocationTable();
  const checks = new CheckTable();
  const state = badge("endpoint-state");
  const title = el("h1", {}, id);
  const about = el("span", { class: "muted" });
  const link = el("a", { class: "url", rel: "noopener noreferrer", target: "_blank" });
  const content = el("div");
  const picker = rangePicker((chosen) => {
    range = chosen;
    history.replaceState(null, "", endpointAddress(id, range.id));
    void load();
  });
  let range = rangeById(wantedRange, "1h");
  let request = new AbortController();
  let loadedAt = 0;
  let freshAt: number | null = null;
  let step = 60;
  let shown = false;

  const monitor = (): Monitor | undefined => app.endpoints.endpoints.get(id)?.monitor;

  const load = async (quiet = false) => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    picker.show(range);
    freshAt = null;
    if (!quiet && !shown) setChildren(content, skeletonCharts(3));
    content.classList.toggle("is-loading", !quiet && shown);
    try {
      if (!monitor()) await app.endpoints.load();
      if (signal.aborted) return;
      if (!monitor()) {
        showMissing();
        return;
      }
      const intervalS = monitor()?.interval_s ?? DEFAULT_INTERVAL_S;
      step = stepFor(range.seconds, intervalS);
      const window = { ...windowOf(range, Math.round(serverNow()), step), step };
      const [past, last] = await Promise.all([
        app.gateway.history(id, window, signal),
        shown ? null : app.gateway.checks(id, CHECKS, signal),
      ]);
      if (signal.aborted) return;
      loadedAt = Date.now();
      if (last) checks.load(last);
      if (!shown) setChildren(content, charts.element, locations.element, checks.element);
      shown = true;
      content.classList.remove("is-loading");
      charts.show(past, range, intervalS, serverNow());
      showMonitor();
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

  const showMissing = () => {
    const home = el("a", { href: "#/" }, "See all endpoints");
    setChildren(content, emptyState("There is no such endpoint", home));
  };

  const showMonitor = () => {
    const current = monitor();
    if (!current) return;
    setBadge(state, current.state, STATE_LABEL[current.state] ?? current.state);
    setText(title, current.name);
    setText(link, current.url);
    // The address is configuration of this account, but only web addresses become links.
    if (/^https?:\/\//i.test(current.url)) link.href = current.url;
    const every = `every ${current.interval_s} s`;
    setText(about, `${every}, satisfied under ${formatMillis(current.apdex_t_ms)}`);
    document.title = `${current.name} · Vedette`;
    locations.show(current.places, serverNow());
  };

  const stops = [
    app.feed.checks.on((check) => {
      if (String(check.monitor) !== id || !shown) return;
      checks.add(check);
      freshAt ??= Date.now();
    }),
    app.endpoints.touched.on((endpoint) => {
      if (endpoint.id === id) showMonitor();
    }),
    app.endpoints.changed.on(showMonitor),
    app.feed.reset.on(() => {
      shown = false;
      void load(true);
    }),
  ];
  const timer = window.setInterval(() => {
    const current = monitor();
    if (current) locations.show(current.places, serverNow());
    const afterCheck = range.live && freshAt !== null && Date.now() - freshAt > AFTER_CHECK_MS;
    const due = Date.now() - loadedAt > reloadEveryMs(range, step);
    if (shown && !document.hidden && (afterCheck || due)) void load(true);
  }, 1_000);

  showMonitor();
  void load();
  return {
    title: monitor()?.name ?? "Endpoint",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: "#/" }, "Endpoints"),
        title,
        state,
        link,
        about,
        el("span", { class: "spring" }),
        picker.element,
      ),
      content,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      for (const stop of stops) stop();
      charts.close();
    },
  };
}
