/** One endpoint as a row of the overview. */
import { Sparkline } from "../charts/sparkline";
import { formatAgo, formatMillis, formatUptime } from "../format";
import type { LocationState } from "../gateway/contract";
import type { Row } from "../overview/paged_rows";
import type { Column } from "../overview/sort";
import { badge, OUTCOME_LABEL, setBadge, stateBadge } from "../parts/badge";
import { el, setChildren, setClass, setText } from "../parts/element";
import { endpointAddress } from "../route";
import { gapAfter } from "../series/gaps";
import { apdexText, apdexTitle, apdexTone } from "./apdex";
import { type Endpoint, SEVERITY, STATE_LABEL } from "./endpoint";

const LOCATIONS_SHOWN = 4;

export const ENDPOINT_COLUMNS: readonly Column<Endpoint>[] = [
  { id: "state", label: "State", value: (endpoint) => SEVERITY[endpoint.monitor.state] },
  { id: "name", label: "Endpoint", value: (endpoint) => endpoint.monitor.name },
  {
    id: "duration",
    label: "Response",
    value: (endpoint) => endpoint.lastDurationMs,
    descending: true,
    class: "metric",
  },
  { id: "apdex", label: "Apdex", value: (endpoint) => endpoint.monitor.apdex?.score ?? null },
  { id: "uptime", label: "Uptime 24 h", value: (endpoint) => endpoint.monitor.uptime_24h, class: "number" },
  { id: "checked", label: "Checked", value: (endpoint) => endpoint.lastCheckMs, class: "number" },
  { id: "locations", label: "Locations" },
];

export function endpointRow(endpoint: Endpoint): Row<Endpoint> {
  const state = badge("endpoint-state");
  const duration = el("span", { class: "now", testid: "endpoint-duration" });
  const apdex = el("span", { testid: "endpoint-apdex" });
  const uptime = el("td", { class: "number" });
  const checked = el("td", { class: "number muted" });
  const locations = el("td", { class: "locations" });
  const name = el("a", { href: endpointAddress(endpoint.id) });
  const url = el("span", { class: "url" });
  const line = new Sparkline(
    endpoint.durations,
    { color: "c1", least: 50, label: `Response times of ${endpoint.monitor.name}` },
    endpoint.failures,
  );
  const element = el(
    "tr",
    { testid: "endpoint-row", data: { monitor: endpoint.id, href: endpointAddress(endpoint.id) } },
    el("td", { class: "state-cell" }, state),
    el("th", { scope: "row", class: "name" }, name, url),
    el("td", { class: "metric" }, el("div", { class: "metric-cell" }, line.element, duration)),
    el("td", {}, apdex),
    uptime,
    checked,
    locations,
  );
  let shownLocations = "";
  const row: Row<Endpoint> = {
    element,
    item: endpoint,
    refresh(now) {
      const { monitor, lastCheckMs } = row.item;
      setBadge(state, monitor.state, STATE_LABEL[monitor.state] ?? monitor.state);
      setText(name, monitor.name);
      setText(url, monitor.url);
      url.title = monitor.url;
      setText(duration, formatMillis(row.item.lastDurationMs));
      setText(apdex, apdexText(monitor.apdex));
      setClass(apdex, `apdex tone-${apdexTone(monitor.apdex)}`);
      apdex.title = apdexTitle(monitor.apdex);
      setText(uptime, formatUptime(monitor.uptime_24h));
      setText(checked, lastCheckMs === null ? "never" : formatAgo(now - lastCheckMs));
      const key = monitor.places.map((at) => `${at.location} ${at.outcome}`).join();
      if (key !== shownLocations) {
        shownLocations = key;
        setChildren(locations, ...locationBadges(monitor.places));
      }
      setClass(element, monitor.state === "paused" ? "is-silent" : "");
      line.show({ windowMs: row.item.windowMs, gapMs: gapAfter(monitor.interval_s * 1000), now });
    },
  };
  return row;
}

function locationBadges(locations: readonly LocationState[]): HTMLElement[] {
  const shown = locations.slice(0, LOCATIONS_SHOWN).map((at) => {
    const mark = stateBadge(at.outcome, at.location);
    mark.classList.add("badge-quiet");
    mark.title = at.error ? `${OUTCOME_LABEL[at.outcome]}: ${at.error}` : OUTCOME_LABEL[at.outcome];
    mark.append(el("span", { class: "sr-only" }, ` ${OUTCOME_LABEL[at.outcome]}`));
    return mark;
  });
  const more = locations.length - shown.length;
  if (more > 0) shown.push(el("span", { class: "muted" }, `+${more}`));
  return shown;
}
