/** The page of one incident: how it went, who voted how, and what was seen. */
import type { App } from "../app";
import { formatAgo, formatMoment, formatSpan } from "../format";
import type { IncidentDetail } from "../gateway/outage_contract";
import { Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { badge, OUTCOME_LABEL, setBadge, stateBadge } from "../parts/badge";
import { type Child, el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { endpointAddress, incidentsAddress } from "../route";
import { evidenceList } from "./evidence";
import {
  confirmation,
  incidentLength,
  incidentState,
  isTurn,
  sinceStart,
  stepDetail,
  stepText,
} from "./incident_wording";

const RELOAD_OPEN_MS = 5_000;
/** The gateway leaves out the middle of a long timeline: its first 10 steps and its last 40 stay. */
const FIRST_STEPS = 10;
const MOST_STEPS = 50;

export function incidentPage(app: App, id: string): Page {
  const title = el("h1", {}, "Incident");
  const state = badge("incident-state");
  const content = el("div");
  let request = new AbortController();
  let incident: IncidentDetail | null = null;

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if (!incident) setChildren(content, skeletonRows(4));
    try {
      const found = await app.gateway.incident(id, signal);
      if (signal.aborted) return;
      incident = found;
      show(found);
    } catch (error) {
      if (signal.aborted || incident) return;
      const missing = error instanceof Problem && (error.status === 404 || error.status === 422);
      const list = el("a", { href: incidentsAddress() }, "See all incidents");
      setChildren(
        content,
        missing
          ? emptyState("There is no such incident", list)
          : errorState("The incident could not be loaded", error, () => void load()),
      );
    }
  };
  const show = (found: IncidentDetail) => {
    const now = serverNow();
    const shown = incidentState(found);
    setBadge(state, shown.state, shown.label);
    setText(title, found.monitor_name);
    document.title = `Incident of ${found.monitor_name} · Vedette`;
    setChildren(
      content,
      el(
        "div",
        { class: "two-columns" },
        el("div", {}, facts(app, found, now), votes(found, now), seen(found)),
        timeline(found, now),
      ),
    );
  };
  const timer = window.setInterval(() => {
    if (!document.hidden && incident?.ended_ms === null) void load();
  }, RELOAD_OPEN_MS);
  const stop = app.incidents.changed.on(() => {
    if (incident?.ended_ms === null) void load();
  });
  void load();
  return {
    title: "Incident",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: incidentsAddress() }, "Incidents"),
        title,
        state,
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

function panel(heading: string, testid: string, ...children: Child[]): HTMLElement {
  return el(
    "section",
    { class: "panel block", testid, "aria-label": heading },
    el("header", { class: "chart-head" }, el("h3", {}, heading)),
    ...children,
  );
}

function facts(app: App, incident: IncidentDetail, now: number): HTMLElement {
  const fact = (label: string, ...value: Child[]) => [el("dt", {}, label), el("dd", {}, ...value)];
  const parent = incident.suppressed_by;
  const parentName = parent === null ? null : app.endpoints.endpoints.get(String(parent))?.monitor.name;
  return panel(
    "Outage",
    "incident-facts",
    el(
      "dl",
      { class: "facts" },
      ...fact("Endpoint", el("a", { href: endpointAddress(incident.monitor) }, incident.monitor_name)),
      ...fact("Began", formatMoment(incident.started_ms, now)),
      ...fact("Confirmed", confirmation(incident)),
      ...fact(incident.ended_ms === null ? "Goes on for" : "Lasted", incidentLength(incident, now)),
      ...(incident.ended_ms === null ? [] : fact("Ended", formatMoment(incident.ended_ms, now))),
      ...fact("Worst", incident.severity === "down" ? "Down" : "Partial: some locations only"),
      ...fact("Cause", el("span", { class: "tone-bad" }, incident.error ?? incident.cause)),
      ...(incident.maintenance
        ? fact("Maintenance", "all of it lay within a window; nobody was called")
        : []),
      ...(parent === null
        ? []
        : fact(
            "Not told",
            el("a", { href: endpointAddress(parent) }, parentName ?? `endpoint ${parent}`),
            " was down",
          )),
    ),
  );
}

function votes(incident: IncidentDetail, now: number): HTMLElement {
  const rows = Object.entries(incident.votes)
    .sort(([a], [b]) => a.localeCompare(b))
    .map(([location, vote]) =>
      el(
        "tr",
        { testid: "vote" },
        el("th", { scope: "row" }, location),
        el(
          "td",
          {},
          vote.outcome ? stateBadge(vote.outcome, OUTCOME_LABEL[vote.outcome] ?? vote.outcome) : "–",
        ),
        el("td", { class: "muted" }, voteTime(vote.at_ms ?? vote.started_ms, now)),
        el("td", { class: "error-cell", title: vote.error ?? "" }, vote.error ?? ""),
      ),
    );
  const failing = Object.values(incident.votes).filter((vote) => vote.outcome === "down").length;
  const head = ["Location", "Last vote", "Given", "Error"].map((label) => el("th", { scope: "col" }, label));
  return panel(
    rows.length === 0 ? "Votes" : `Votes: ${failing} of ${rows.length} fail`,
    "incident-votes",
    el(
      "div",
      { class: "scroller" },
      el("table", {}, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows)),
    ),
  );
}

function voteTime(at: number | undefined, now: number): string {
  return at === undefined ? "–" : formatAgo(now - at);
}

function seen(incident: IncidentDetail): HTMLElement {
  return panel("First failure", "incident-evidence", evidenceList(incident.evidence));
}

function timeline(incident: IncidentDetail, now: number): HTMLElement {
  const steps = incident.timeline.flatMap((step, index) => {
    const tone = step.outcome === "down" ? "bad" : step.outcome === "degraded" ? "warn" : "ok";
    const item = el(
      "li",
      { class: `step step-${tone}${isTurn(step) ? " step-turn" : ""}`, testid: "timeline-step" },
      el(
        "time",
        { datetime: new Date(step.at_ms).toISOString(), title: formatMoment(step.at_ms, now) },
        sinceStart(incident, step.at_ms),
      ),
      el(
        "div",
        {},
        el("strong", {}, stepText(step)),
        step.location && el("span", { class: "muted" }, ` at ${step.location}`),
        el("p", { class: "muted" }, stepDetail(step)),
      ),
    );
    const cut = index === FIRST_STEPS && incident.timeline.length >= MOST_STEPS;
    return cut ? [el("li", { class: "step step-cut muted" }, "Steps in between are left out"), item] : [item];
  });
  const last = incident.timeline[incident.timeline.length - 1];
  const quiet =
    incident.ended_ms === null &&
    last !== undefined &&
    el("p", { class: "muted note" }, `Nothing has changed for ${formatSpan(now - last.at_ms)}.`);
  return panel("Timeline", "incident-timeline", el("ol", { class: "timeline" }, ...steps), quiet);
}
