/** The head of an endpoint's page: what it is, how it stands, and what an administrator may do with it. */
import type { App } from "../app";
import { formatMillis, formatSpan } from "../format";
import type { Monitor } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { KINDS, ownDefinition } from "../monitors/kinds";
import { readMonitorSchema } from "../monitors/schema";
import { badge, setBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { el, setChildren, setText } from "../parts/element";
import { endpointFormAddress, HOME, incidentAddress } from "../route";
import { STATE_LABEL } from "./endpoint";
import { stateOf } from "./standing";

export interface EndpointHead {
  element: HTMLElement;
  show(monitor: Monitor): void;
  close(): void;
}

export function endpointHead(app: App, id: string, picker: HTMLElement): EndpointHead {
  const state = badge("endpoint-state");
  const quiet = el("span", { class: "quiet-mark", testid: "maintenance-mark", hidden: true });
  const title = el("h1", {}, id);
  const about = el("span", { class: "muted" });
  const link = el("a", { class: "url", rel: "noopener noreferrer", target: "_blank" });
  const since = el("strong");
  const cause = el("span", { class: "callout-cause" });
  const details = el("a", {}, "See the incident");
  const incident = el(
    "div",
    { class: "callout", testid: "open-incident", hidden: true },
    since,
    cause,
    details,
  );
  const pauses = el("span");
  const actions = el(
    "span",
    { class: "actions" },
    el("a", { class: "button", href: endpointFormAddress(id), testid: "edit-endpoint" }, "Change"),
    pauses,
    deed({
      label: "Remove",
      testid: "remove-endpoint",
      class: "button-quiet",
      confirm: "Remove it and its history?",
      act: async () => {
        await app.editing.removeMonitor(id);
        location.hash = HOME;
      },
    }),
  );
  let paused: boolean | null = null;

  const show = (monitor: Monitor) => {
    const now = serverNow();
    const found = app.incidents.of(id);
    const shown = stateOf(monitor, found, now);
    setBadge(state, shown, STATE_LABEL[shown] ?? shown);
    setText(title, monitor.name);
    setText(link, monitor.url ?? "");
    // The address is configuration of this account, but only web addresses become links.
    if (/^https?:\/\//i.test(monitor.url ?? "")) link.href = monitor.url;
    setText(about, aboutText(monitor));
    const window = app.maintenance.activeFor(id);
    quiet.hidden = !window;
    setText(quiet, window ? `In maintenance: ${window.name}` : "");
    incident.hidden = !found;
    if (found) {
      const down = found.state === "down";
      incident.classList.toggle("callout-bad", down);
      setText(since, `${down ? "Down" : "Partly failing"} for ${formatSpan(now - found.started_ms)}`);
      setText(cause, found.error ?? found.cause);
      details.href = incidentAddress(found.id);
    }
    if (paused !== monitor.paused) {
      paused = monitor.paused;
      setChildren(pauses, pauseButton(app, id, monitor.paused));
    }
  };
  const stop = app.viewer.forAdmins(actions);
  return {
    element: el(
      "div",
      {},
      el(
        "div",
        { class: "page-head" },
        el("a", { class: "back", href: HOME }, "Endpoints"),
        title,
        state,
        quiet,
        link,
        about,
        el("span", { class: "spring" }),
        actions,
        picker,
      ),
      incident,
    ),
    show,
    close: stop,
  };
}

export function aboutText(monitor: Monitor): string {
  const kind = KINDS[monitor.kind];
  const label = kind?.label ?? monitor.kind;
  if (kind?.passive) return label;
  const every = `every ${formatSpan(monitor.interval_s * 1000)}`;
  return `${label}, ${every}, satisfied up to ${formatMillis(monitor.apdex_t_ms)}`;
}

/** The definition is read anew before it is sent back, so that nothing else of it changes. */
function pauseButton(app: App, id: string, paused: boolean): HTMLElement {
  return deed({
    label: paused ? "Resume" : "Pause",
    testid: "pause-endpoint",
    act: async () => {
      const [document, known] = await Promise.all([app.gateway.description(), app.gateway.monitor(id)]);
      const schema = readMonitorSchema(document);
      if (!schema) throw new Error("The gateway does not describe its monitors.");
      await app.editing.saveMonitor({ ...ownDefinition(known, schema), paused: !paused }, id);
      await app.endpoints.load();
    },
  });
}
