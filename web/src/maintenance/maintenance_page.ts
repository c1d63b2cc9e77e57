/** All maintenance windows: when they hold, for which endpoints, and when next. */
import type { App } from "../app";
import { formatMoment, formatSpan } from "../format";
import type { Maintenance } from "../gateway/outage_contract";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { type Child, el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { endpointAddress, maintenanceAddress, NEW_MAINTENANCE } from "../route";
import { nextOccurrence } from "./occurrences";
import { ruleText } from "./wording";

const REFRESH_EVERY_MS = 20_000;
const NAMES_SHOWN = 3;
const HEAD = ["Name", "State", "When", "Next", "Endpoints", ""];

export function maintenancePage(app: App): Page {
  const { maintenance } = app;
  const content = el("div");
  const count = el("span", { class: "count" });
  const body = el("tbody");
  const table = el(
    "div",
    { class: "panel table-panel flush" },
    el(
      "table",
      { class: "table-maintenance" },
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      body,
    ),
  );
  const add = el(
    "a",
    { class: "button button-main", href: NEW_MAINTENANCE, testid: "new-maintenance" },
    "Plan maintenance",
  );
  let loaded = false;

  const show = () => {
    const now = serverNow();
    loaded = true;
    const { windows } = maintenance;
    setText(count, String(windows.length));
    if (windows.length === 0) {
      setChildren(
        content,
        emptyState("No maintenance is planned", "In a window, checks go on and show, but nobody is called."),
      );
      return;
    }
    setChildren(body, ...windows.map((window) => row(app, window, now)));
    setChildren(content, table);
  };
  const load = () => {
    maintenance.load().catch((error) => {
      if (!loaded) setChildren(content, errorState("The windows could not be loaded", error, load));
    });
  };
  setChildren(content, skeletonRows(3));
  const timer = window.setInterval(load, REFRESH_EVERY_MS);
  const stops = [
    maintenance.changed.on(show),
    // Names of endpoints come with their list.
    app.endpoints.changed.on(() => loaded && show()),
    app.viewer.changed.on(() => loaded && show()),
    app.viewer.forAdmins(add),
  ];
  if (app.endpoints.endpoints.size === 0) app.endpoints.load().catch(() => undefined);
  load();
  return {
    title: "Maintenance",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("h1", {}, "Maintenance"),
        count,
        el("span", { class: "spring" }),
        add,
      ),
      content,
    ),
    close() {
      window.clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}

function row(app: App, window: Maintenance, now: number): HTMLElement {
  const over = window.kind === "once" && window.to_ms <= now;
  const [tone, label] = window.active
    ? ["maintenance", "In maintenance"]
    : over
      ? ["idle", "Over"]
      : ["idle", "Planned"];
  const edit = el("a", { class: "button", href: maintenanceAddress(window.id) }, "Change");
  const remove = deed({
    label: "Remove",
    testid: "remove-maintenance",
    class: "button-quiet",
    confirm: "Really remove?",
    act: async () => {
      await app.editing.removeMaintenance(window.id);
      await app.maintenance.load();
    },
  });
  return el(
    "tr",
    { testid: "maintenance-row" },
    el("th", { scope: "row", class: "name" }, window.name),
    el("td", {}, stateBadge(tone ?? "idle", label ?? "")),
    el("td", {}, ruleText(window, now)),
    el("td", { testid: "maintenance-next" }, nextText(window, now)),
    el("td", { class: "wrap" }, ...endpointsOf(app, window)),
    el("td", { class: "row-actions" }, app.viewer.admin && edit, app.viewer.admin && remove),
  );
}

/** The gateway's answer, where it gives one, else what the rule says by this browser's time zone tables. */
function nextText(window: Maintenance, now: number): string {
  const next = nextOccurrence(window, now);
  if (window.active && next && next.from <= now) return `now, for ${formatSpan(next.to - now)} more`;
  const at = window.next_ms ?? next?.from;
  if (at === undefined || at === null) return "–";
  return at <= now ? "now" : `${formatMoment(at, now)}, in ${formatSpan(at - now)}`;
}

function endpointsOf(app: App, window: Maintenance): Child[] {
  if (window.monitors.length === 0) return ["all"];
  const links = window.monitors.slice(0, NAMES_SHOWN).flatMap((id, index) => {
    const name = app.endpoints.endpoints.get(String(id))?.monitor.name ?? `endpoint ${id}`;
    return [index > 0 && ", ", el("a", { href: endpointAddress(id) }, name)];
  });
  const more = window.monitors.length - NAMES_SHOWN;
  return more > 0 ? [...links, ` and ${more} more`] : links;
}
