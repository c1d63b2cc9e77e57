/** The list of incidents over a range, newest first. */
import type { App } from "../app";
import { formatMoment } from "../format";
import type { Incident, IncidentFilter } from "../gateway/outage_contract";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { rangePicker } from "../parts/range_picker";
import { followRows } from "../parts/row_link";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { endpointAddress, incidentAddress, incidentsAddress } from "../route";
import { ENDPOINT_RANGES, type Range, rangeById } from "../series/range";
import { confirmation, incidentLength, incidentState } from "./incident_wording";

const RANGES = ENDPOINT_RANGES.filter((range) => range.seconds >= 86_400);
const MOST = 500;
const RELOAD_EVERY_MS = 20_000;
const FILTERS: readonly { id: IncidentFilter | "all"; label: string }[] = [
  { id: "all", label: "All" },
  { id: "open", label: "Open" },
  { id: "ended", label: "Ended" },
  { id: "confirmed", label: "Confirmed" },
  { id: "partial", label: "Partial" },
];
const HEAD = ["State", "Endpoint", "Began", "Lasted", "Confirmed", "Cause"];

export function incidentsPage(app: App, wantedState: string | null, wantedRange: string | null): Page {
  let filter = FILTERS.find(({ id }) => id === wantedState)?.id ?? "all";
  let range: Range = rangeById(wantedRange, "7d", RANGES);
  let request = new AbortController();
  let shown = false;
  const count = el("span", { class: "count" });
  const content = el("div");
  const body = el("tbody");
  const table = el(
    "div",
    { class: "panel table-panel flush" },
    el(
      "table",
      { class: "table-incidents" },
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      body,
    ),
  );
  followRows(body);
  const changed = () => {
    history.replaceState(null, "", incidentsAddress(filter === "all" ? null : filter, range.id));
    shown = false;
    void load();
  };
  const filters = choices(
    "State",
    FILTERS,
    (id) => {
      filter = FILTERS.find((known) => known.id === id)?.id ?? "all";
      changed();
    },
    "incidents",
  );
  const picker = rangePicker((chosen) => {
    range = chosen;
    changed();
  }, RANGES);

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    filters.show(filter);
    picker.show(range);
    if (!shown) setChildren(content, skeletonRows(5));
    try {
      const wanted = filter === "all" ? {} : { state: filter };
      const found = await app.gateway.incidents({ from: `-${range.id}`, limit: MOST, ...wanted }, signal);
      if (signal.aborted) return;
      shown = true;
      show(found);
    } catch (error) {
      if (signal.aborted || shown) return;
      setChildren(
        content,
        errorState("The incidents could not be loaded", error, () => void load()),
      );
    }
  };
  const show = (found: readonly Incident[]) => {
    setText(count, found.length === MOST ? `the newest ${MOST}` : String(found.length));
    if (found.length === 0) {
      const what = filter === "all" ? "" : `${FILTERS.find(({ id }) => id === filter)?.label.toLowerCase()} `;
      setChildren(
        content,
        emptyState(`No ${what}incidents in ${range.label}`, "Nothing failed that is to be listed here."),
      );
      return;
    }
    const now = serverNow();
    setChildren(body, ...found.map((incident) => row(incident, now)));
    setChildren(content, table);
  };
  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  const stop = app.incidents.changed.on(() => void load());
  void load();
  return {
    title: "Incidents",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("h1", {}, "Incidents"),
        count,
        filters.element,
        el("span", { class: "spring" }),
        picker.element,
      ),
      content,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      stop();
    },
  };
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
