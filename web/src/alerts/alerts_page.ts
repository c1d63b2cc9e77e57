/** All alerts, those that fire first, the silences that hold now or later, the rules and the channels. */
import type { App } from "../app";
import { formatMoment } from "../format";
import type { Alert, AlertState } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { followRows } from "../parts/row_link";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { reportPanel } from "../reports/report_panel";
import { ALERTS, alertAddress } from "../route";
import { alertLength, alertState, whoHasIt } from "./alert_wording";
import { channelPanel } from "./channel_panel";
import type { Waiting } from "./contract";
import { rulePanel } from "./rule_panel";
import { silencePanel } from "./silence_panel";
import { waitingTable } from "./waiting_table";

const RELOAD_EVERY_MS = 20_000;
const FILTERS: readonly { id: AlertState | "all" | "waiting"; label: string }[] = [
  { id: "firing", label: "Firing" },
  { id: "waiting", label: "Waiting" },
  { id: "resolved", label: "Over" },
  { id: "notice", label: "Notices" },
  { id: "all", label: "All" },
];
const HEAD = ["State", "Severity", "Alert", "Began", "Lasted", "Whose"];

export function alertsPage(app: App, wanted: string | null): Page {
  let filter = FILTERS.find(({ id }) => id === wanted)?.id ?? "firing";
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
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      body,
    ),
  );
  followRows(body);
  const filters = choices(
    "State",
    FILTERS,
    (id) => {
      filter = FILTERS.find((known) => known.id === id)?.id ?? "firing";
      history.replaceState(null, "", filter === "firing" ? ALERTS : `${ALERTS}?state=${filter}`);
      shown = false;
      void load();
    },
    "alerts",
  );
  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    filters.show(filter);
    if (!shown) setChildren(content, skeletonRows(5));
    try {
      if (filter === "waiting") {
        const waiting = await app.gateway.waiting(signal);
        if (signal.aborted) return;
        shown = true;
        showWaiting(waiting);
        return;
      }
      const found = await app.gateway.alertsIn(filter === "all" ? undefined : filter, signal);
      if (signal.aborted) return;
      shown = true;
      show(found);
    } catch (error) {
      if (signal.aborted || shown) return;
      setChildren(
        content,
        errorState("The alerts could not be loaded", error, () => void load()),
      );
    }
  };
  const show = (found: readonly Alert[]) => {
    const now = serverNow();
    setText(count, String(found.length));
    setChildren(body, ...found.map((alert) => row(alert, now)));
    const nothing = filter === "firing" ? "Nothing fires" : "There are no such alerts";
    setChildren(content, found.length > 0 ? table : emptyState(nothing, "Rules say when there is an alert."));
  };
  const showWaiting = (found: readonly Waiting[]) => {
    setText(count, String(found.length));
    const nothing = emptyState("Nothing waits", "Conditions that must hold for a while, or call nobody now.");
    setChildren(content, found.length > 0 ? waitingTable(found, serverNow()) : nothing);
  };
  const silences = silencePanel(app);
  const rules = rulePanel(app);
  const channels = channelPanel(app);
  const reports = reportPanel(app);
  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  const stop = app.alerts.changed.on(() => void load());
  void load();
  return {
    title: "Alerts",
    element: el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, el("h1", {}, "Alerts"), count, filters.element),
      content,
      silences.element,
      rules.element,
      channels.element,
      reports.element,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      stop();
      silences.close();
      rules.close();
      channels.close();
      reports.close();
    },
  };
}

function row(alert: Alert, now: number): HTMLElement {
  const { state, label } = alertState(alert);
  return el(
    "tr",
    { testid: "alert-row", data: { href: alertAddress(alert.id) } },
    el("td", {}, stateBadge(state, label)),
    el("td", { class: "muted" }, alert.severity ?? ""),
    el(
      "th",
      { scope: "row", class: "name" },
      el("a", { href: alertAddress(alert.id) }, alert.title || alert.rule_name),
    ),
    el("td", {}, formatMoment(alert.started_ms, now)),
    el("td", {}, alertLength(alert, now)),
    el("td", { class: "muted" }, whoHasIt(alert, now)),
  );
}
