/** One endpoint as a row of the overview. */
import type { App } from "../app";
import { Sparkline } from "../charts/sparkline";
import { formatAgo, formatMillis, formatSpan, formatUptime } from "../format";
import type { Monitor, MonitorState } from "../gateway/contract";
import type { Incident, Maintenance } from "../gateway/outage_contract";
import { serverNow } from "../live/server_clock";
import { KINDS } from "../monitors/kinds";
import type { Row } from "../overview/paged_rows";
import type { Narrowing } from "../overview/section";
import type { Column } from "../overview/sort";
import { badge, OUTCOME_LABEL, setBadge, stateBadge } from "../parts/badge";
import { el, setChildren, setClass, setText } from "../parts/element";
import { endpointAddress, incidentAddress } from "../route";
import { gapAfter } from "../series/gaps";
import { apdexText, apdexTitle, apdexTone } from "./apdex";
import { type Endpoint, SEVERITY, STATE_LABEL } from "./endpoint";
import { ballotOf, stateOf } from "./standing";

const LOCATIONS_SHOWN = 4;

/** What a row shows beside its endpoint. */
type Marks = Pick<App, "incidents" | "maintenance">;

function stateNow({ monitor }: Endpoint, marks: Marks, now: number): MonitorState {
  return stateOf(monitor, marks.incidents.of(monitor.id), now);
}

const inMaintenance = (endpoint: Endpoint, marks: Marks) =>
  marks.maintenance.activeFor(endpoint.monitor.id) !== undefined;

/** The states of the list, worst first, and the endpoints that lie in a maintenance window. */
export function endpointNarrowings(marks: Marks): Narrowing<Endpoint>[] {
  const states = Object.keys(SEVERITY) as MonitorState[];
  return [
    { id: "all", label: "All", test: () => true },
    ...states.map((state) => ({
      id: state,
      label: STATE_LABEL[state],
      test: (endpoint: Endpoint) => stateNow(endpoint, marks, serverNow()) === state,
    })),
    { id: "maintenance", label: "Maintenance", test: (endpoint) => inMaintenance(endpoint, marks) },
  ];
}

export function endpointColumns(marks: Marks): readonly Column<Endpoint>[] {
  return [
    {
      id: "state",
      label: "State",
      // Of those in one state, what somebody is already working on comes last.
      value: (endpoint) =>
        SEVERITY[stateNow(endpoint, marks, serverNow())] + (inMaintenance(endpoint, marks) ? 0.5 : 0),
    },
    ...OTHER_COLUMNS,
  ];
}

const OTHER_COLUMNS: readonly Column<Endpoint>[] = [
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

export function endpointRow(endpoint: Endpoint, marks: Marks): Row<Endpoint> {
  const state = badge("endpoint-state");
  const note = el("span", { class: "state-note" });
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
    el("td", { class: "state-cell" }, state, note),
    el("th", { scope: "row", class: "name" }, name, url),
    el("td", { class: "metric" }, el("div", { class: "metric-cell" }, line.element, duration)),
    el("td", {}, apdex),
    uptime,
    checked,
    locations,
  );
  let shownLocations = "";
  let shownNote = "";
  const row: Row<Endpoint> = {
    element,
    item: endpoint,
    refresh(now) {
      const { monitor, lastCheckMs } = row.item;
      const shown = stateNow(row.item, marks, now);
      setBadge(state, shown, STATE_LABEL[shown] ?? shown);
      const incident = marks.incidents.of(monitor.id);
      const quiet = marks.maintenance.activeFor(monitor.id);
      const noted = `${incident?.id ?? ""} ${incident ? formatSpan(now - incident.started_ms) : ""} ${quiet?.name ?? ""}`;
      if (noted !== shownNote) {
        shownNote = noted;
        setChildren(note, ...notes(incident, quiet, now));
      }
      setText(name, monitor.name);
      setText(url, monitor.url || (KINDS[monitor.kind]?.label ?? monitor.kind));
      url.title = monitor.url;
      setText(duration, formatMillis(row.item.lastDurationMs));
      setText(apdex, apdexText(monitor.apdex));
      setClass(apdex, `apdex tone-${apdexTone(monitor.apdex)}`);
      apdex.title = apdexTitle(monitor.apdex);
      setText(uptime, formatUptime(monitor.uptime_24h));
      setText(checked, lastCheckMs === null ? "never" : formatAgo(now - lastCheckMs));
      const key = monitor.places
        .map((at) => `${at.location} ${at.outcome} ${ballotOf(monitor, at, now)}`)
        .join();
      if (key !== shownLocations) {
        shownLocations = key;
        setChildren(locations, ...locationBadges(monitor, now));
      }
      setClass(element, monitor.state === "paused" ? "is-silent" : "");
      line.show({ windowMs: row.item.windowMs, gapMs: gapAfter(monitor.interval_s * 1000), now });
    },
  };
  return row;
}

/** An incident that goes on, and the maintenance window that holds. */
function notes(incident: Incident | undefined, quiet: Maintenance | undefined, now: number): HTMLElement[] {
  const found: HTMLElement[] = [];
  if (incident) {
    const title = incident.error ?? incident.cause;
    const age = formatSpan(now - incident.started_ms);
    const link = { href: incidentAddress(incident.id), title, testid: "endpoint-incident" };
    found.push(el("a", link, `for ${age}`));
  }
  if (quiet) {
    const mark = { class: "quiet-mark", title: `Maintenance: ${quiet.name}`, testid: "endpoint-maintenance" };
    found.push(el("span", mark, "maintenance"));
  }
  return found;
}

/** A location that has fallen silent is not shown as it was then: nobody knows how it is now. */
function locationBadges(monitor: Monitor, now: number): HTMLElement[] {
  const locations = monitor.places;
  const shown = locations.slice(0, LOCATIONS_SHOWN).map((at) => {
    const silent = ballotOf(monitor, at, now) === "silent";
    const word = silent ? "Silent" : OUTCOME_LABEL[at.outcome];
    const mark = stateBadge(silent ? "unknown" : at.outcome, at.location);
    mark.classList.add("badge-quiet");
    mark.title = at.error && !silent ? `${word}: ${at.error}` : word;
    mark.append(el("span", { class: "sr-only" }, ` ${word}`));
    return mark;
  });
  const more = locations.length - shown.length;
  if (more > 0) shown.push(el("span", { class: "muted" }, `+${more}`));
  return shown;
}
