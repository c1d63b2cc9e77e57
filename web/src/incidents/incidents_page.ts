/** The list of incidents over a range, newest first. */
import type { App } from "../app";
import { formatMoment } from "../format";
import type { Incident, IncidentFilter } from "../gateway/outage_contract";
import { stateBadge } from "../parts/badge";
import { el } from "../parts/element";
import { historyPage } from "../parts/history_page";
import type { Page } from "../parts/page";
import { endpointAddress, incidentAddress, incidentsAddress } from "../route";
import { confirmation, incidentLength, incidentState } from "./incident_wording";

const MOST = 500;
const FILTERS: readonly { id: IncidentFilter; label: string }[] = [
  { id: "open", label: "Open" },
  { id: "ended", label: "Ended" },
  { id: "confirmed", label: "Confirmed" },
  { id: "partial", label: "Partial" },
];

export function incidentsPage(app: App, wantedState: string | null, wantedRange: string | null): Page {
  return historyPage<Incident>(
    {
      title: "Incidents",
      filters: FILTERS,
      head: ["State", "Endpoint", "Began", "Lasted", "Confirmed", "Cause"],
      tableClass: "table-incidents",
      address: incidentsAddress,
      ask: (state, from, signal) => {
        const wanted = FILTERS.find(({ id }) => id === state);
        return app.gateway.incidents({ from, limit: MOST, ...(wanted && { state: wanted.id }) }, signal);
      },
      row,
      count: (found) => (found.length === MOST ? `the newest ${MOST}` : String(found.length)),
      nothing: "Nothing failed that is to be listed here.",
      changed: app.incidents.changed,
    },
    wantedState,
    wantedRange,
  );
}

function row(incident: Incident, now: number): HTMLElement {
  const { state, label } = incidentState(incident);
  const quiet = incident.maintenance && el("span", { class: "quiet-mark" }, "maintenance");
  const kept = incident.suppressed_by !== null && el("span", { class: "quiet-mark" }, "parent is down");
  return el(
    "tr",
    { testid: "incident-row", data: { href: incidentAddress(incident.id) } },
    el("td", {}, el("span", { class: "state-note" }, stateBadge(state, label), quiet, kept)),
    el(
      "th",
      { scope: "row", class: "name" },
      el("a", { href: endpointAddress(incident.monitor) }, incident.monitor_name),
    ),
    el("td", {}, el("a", { href: incidentAddress(incident.id) }, formatMoment(incident.started_ms, now))),
    el("td", {}, incidentLength(incident, now)),
    el("td", { class: "muted" }, confirmation(incident)),
    el("td", { class: "error-cell", title: incident.error ?? "" }, incident.error ?? incident.cause),
  );
}
