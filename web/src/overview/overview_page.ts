/** The first page: firing alerts, all hosts, all endpoints. */
import { alertStrip } from "../alerts/alert_strip";
import type { App } from "../app";
import type { Endpoint } from "../endpoints/endpoint";
import { endpointColumns, endpointNarrowings, endpointRow } from "../endpoints/endpoint_row";
import type { Host } from "../hosts/host";
import { HOST_COLUMNS, hostRow } from "../hosts/host_row";
import { paintSoon } from "../live/frame";
import { serverNow } from "../live/server_clock";
import { el } from "../parts/element";
import type { Page } from "../parts/page";
import { chooseAddress, NEW_ENDPOINT } from "../route";
import { Section, type SectionView } from "./section";

const SORT_EVERY_S = 10;
const FILTER_DELAY_MS = 150;

/** What somebody searches and sorts by; it survives a look at another page. */
export interface OverviewView {
  search: string;
  hosts: SectionView;
  endpoints: SectionView;
}

export function overviewView(): OverviewView {
  return {
    search: "",
    hosts: { order: { column: "name", descending: false }, narrowing: "all" },
    endpoints: { order: { column: "state", descending: false }, narrowing: "all" },
  };
}

export function overviewPage(app: App): Page {
  const { hosts, endpoints, alerts, incidents, maintenance, overview } = app;
  const hostSection = new Section<Host>({
    id: "hosts",
    title: "Hosts",
    columns: HOST_COLUMNS,
    view: overview.hosts,
    idOf: (host) => host.name,
    nameOf: (host) => host.name,
    textOf: (host) => `${host.name} ${host.about.state}`,
    rowOf: hostRow,
    actions: [el("a", { class: "button", href: chooseAddress([]), testid: "new-realtime" }, "Realtime")],
    seen: (visible) => hosts.prefill(visible).catch(() => undefined),
    empty: [
      "Run ",
      el("code", {}, "vedette agent"),
      " on a machine, and it appears here with its first report.",
    ],
  });
  const add = el("a", { class: "button", href: NEW_ENDPOINT, testid: "new-endpoint" }, "New endpoint");
  const endpointSection = new Section<Endpoint>({
    id: "endpoints",
    title: "Endpoints",
    columns: endpointColumns(app),
    view: overview.endpoints,
    narrowings: endpointNarrowings(app),
    actions: [add],
    idOf: (endpoint) => endpoint.id,
    nameOf: (endpoint) => endpoint.monitor.name,
    textOf: ({ monitor }) => `${monitor.name} ${monitor.url} ${monitor.state}`,
    rowOf: (endpoint) => endpointRow(endpoint, app),
    seen: (visible) => endpoints.prefill(visible),
    empty: ["Make one here or import your configuration, and its checks appear within a minute."],
  });
  const strip = alertStrip(alerts);
  const filter = el("input", {
    type: "search",
    class: "filter",
    testid: "filter",
    placeholder: "Filter hosts and endpoints",
    "aria-label": "Filter hosts and endpoints",
    "aria-keyshortcuts": "/",
    autocomplete: "off",
    spellcheck: "false",
  });
  let typing = 0;
  // Each set of rows asks for its history: wait until the word is typed.
  filter.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(() => {
      overview.search = filter.value;
      hostSection.search(filter.value);
      endpointSection.search(filter.value);
    }, FILTER_DELAY_MS);
  });
  filter.value = overview.search;
  hostSection.search(overview.search);
  endpointSection.search(overview.search);
  const focusFilter = (event: KeyboardEvent) => {
    const inField = event.target instanceof HTMLInputElement;
    if (event.key === "/" && !inField && !event.metaKey && !event.ctrlKey) {
      event.preventDefault();
      filter.focus();
    }
  };
  document.addEventListener("keydown", focusFilter);

  const showHosts = () => hostSection.show([...hosts.hosts.values()]);
  const showEndpoints = () => endpointSection.show([...endpoints.endpoints.values()]);
  // Before the endpoints themselves are known there is nothing that an incident could mark.
  const showMarks = () => {
    if (endpoints.endpoints.size > 0) endpointSection.arrange();
  };
  const loadHosts = () => {
    hosts.load().catch((error) => hostSection.showError(error, loadHosts));
  };
  const loadEndpoints = () => {
    endpoints.load().catch((error) => endpointSection.showError(error, loadEndpoints));
  };

  const dirtyHosts = new Set<string>();
  const dirtyEndpoints = new Set<string>();
  const paintDirty = () => {
    const now = serverNow();
    for (const name of dirtyHosts) hostSection.refreshOne(name, now);
    for (const id of dirtyEndpoints) endpointSection.refreshOne(id, now);
    dirtyHosts.clear();
    dirtyEndpoints.clear();
  };
  const stops = [
    hosts.changed.on(showHosts),
    endpoints.changed.on(showEndpoints),
    incidents.changed.on(showMarks),
    maintenance.changed.on(showMarks),
    app.viewer.forAdmins(add),
    hosts.touched.on((host) => {
      dirtyHosts.add(host.name);
      paintSoon(paintDirty);
    }),
    endpoints.touched.on((endpoint) => {
      dirtyEndpoints.add(endpoint.id);
      paintSoon(paintDirty);
    }),
    app.feed.reset.on(() => {
      hostSection.seeAgain();
      endpointSection.seeAgain();
    }),
  ];
  let seconds = 0;
  const timer = window.setInterval(() => {
    const now = serverNow();
    seconds += 1;
    strip.refresh(now);
    if (seconds % SORT_EVERY_S === 0) {
      if (hosts.hosts.size > 0) hostSection.arrange();
      if (endpoints.endpoints.size > 0) endpointSection.arrange();
    } else {
      hostSection.refresh(now);
      endpointSection.refresh(now);
    }
  }, 1_000);

  // Coming back from another page, what is known shows at once.
  if (hosts.hosts.size > 0) showHosts();
  if (endpoints.endpoints.size > 0) showEndpoints();
  loadHosts();
  loadEndpoints();
  for (const board of [alerts, incidents, maintenance]) board.load().catch(() => undefined);

  return {
    title: "Overview",
    element: el(
      "div",
      { class: "page overview" },
      strip.element,
      el("div", { class: "page-head" }, el("h1", {}, "Overview"), filter),
      hostSection.element,
      endpointSection.element,
    ),
    close() {
      window.clearInterval(timer);
      window.clearTimeout(typing);
      document.removeEventListener("keydown", focusFilter);
      strip.close();
      for (const stop of stops) stop();
    },
  };
}
