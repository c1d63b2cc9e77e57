/** The first page: firing alerts, all hosts, all endpoints. */
import { alertStrip } from "../alerts/alert_strip";
import type { App } from "../app";
import type { Endpoint } from "../endpoints/endpoint";
import { ENDPOINT_COLUMNS, endpointRow } from "../endpoints/endpoint_row";
import type { Host } from "../hosts/host";
import { HOST_COLUMNS, hostRow } from "../hosts/host_row";
import { paintSoon } from "../live/frame";
import { serverNow } from "../live/server_clock";
import { el } from "../parts/element";
import type { Page } from "../parts/page";
import { Section } from "./section";

const SORT_EVERY_S = 10;
const FILTER_DELAY_MS = 150;

export function overviewPage(app: App): Page {
  const { hosts, endpoints, alerts } = app;
  const hostSection = new Section<Host>({
    id: "hosts",
    title: "Hosts",
    columns: HOST_COLUMNS,
    order: { column: "name", descending: false },
    idOf: (host) => host.name,
    nameOf: (host) => host.name,
    textOf: (host) => `${host.name} ${host.about.state}`,
    rowOf: hostRow,
    seen: (visible) => hosts.prefill(visible).catch(() => undefined),
    empty: [
      "Run ",
      el("code", {}, "vedette agent"),
      " on a machine, and it appears here with its first report.",
    ],
  });
  const endpointSection = new Section<Endpoint>({
    id: "endpoints",
    title: "Endpoints",
    columns: ENDPOINT_COLUMNS,
    order: { column: "state", descending: false },
    idOf: (endpoint) => endpoint.id,
    nameOf: (endpoint) => endpoint.monitor.name,
    textOf: ({ monitor }) => `${monitor.name} ${monitor.url} ${monitor.state}`,
    rowOf: endpointRow,
    seen: (visible) => endpoints.prefill(visible),
    empty: ["Add a monitor to your configuration, and its checks appear here within a minute."],
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
      hostSection.search(filter.value);
      endpointSection.search(filter.value);
    }, FILTER_DELAY_MS);
  });
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
  alerts.load().catch(() => undefined);

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
