/** The list of situations over a range, newest first. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { serverNow } from "../live/server_clock";
import { stateBadge } from "../parts/badge";
import { choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { rangePicker } from "../parts/range_picker";
import { followRows } from "../parts/row_link";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { situationAddress, situationsAddress } from "../route";
import { ENDPOINT_RANGES, type Range, rangeById } from "../series/range";
import type { Situation } from "./contract";
import { situationsSince } from "./requests";
import { situationLength, situationState } from "./situation_wording";
import { soon } from "./soon";

const RANGES = ENDPOINT_RANGES.filter((range) => range.seconds >= 86_400);
const RELOAD_EVERY_MS = 20_000;
/** Alerts may come by the thousand. */
const CHANGED_MS = 1_500;
const FILTERS = [
  { id: "all", label: "All" },
  { id: "open", label: "Open" },
  { id: "ended", label: "Over" },
] as const;
const HEAD = ["State", "Severity", "Situation", "Alerts", "Began", "Lasted", "Whose"];

export function situationsPage(app: App, wantedState: string | null, wantedRange: string | null): Page {
  let filter: string = FILTERS.find(({ id }) => id === wantedState)?.id ?? "all";
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
      {},
      el("thead", {}, el("tr", {}, ...HEAD.map((label) => el("th", { scope: "col" }, label)))),
      body,
    ),
  );
  followRows(body);
  const changed = () => {
    history.replaceState(null, "", situationsAddress(filter === "all" ? null : filter, range.id));
    shown = false;
    void load();
  };
  const filters = choices(
    "State",
    FILTERS,
    (id) => {
      filter = id;
      changed();
    },
    "situations",
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
      const state = filter === "all" ? undefined : filter;
      const found = await situationsSince(app.gateway, `-${range.id}`, state, signal);
      if (signal.aborted) return;
      shown = true;
      show(found);
    } catch (error) {
      if (signal.aborted || shown) return;
      setChildren(
        content,
        errorState("The situations could not be loaded", error, () => void load()),
      );
    }
  };
  const show = (found: readonly Situation[]) => {
    const now = serverNow();
    setText(count, String(found.length));
    setChildren(body, ...found.map((situation) => row(situation, now)));
    const nothing = `No ${filter === "open" ? "open " : ""}situations in ${range.label}`;
    setChildren(
      content,
      found.length > 0 ? table : emptyState(nothing, "Alerts that belong together come here."),
    );
  };
  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  const later = soon(() => void load(), CHANGED_MS);
  const stop = app.alerts.changed.on(() => later.ask());
  void load();
  return {
    title: "Situations",
    element: el(
      "div",
      { class: "page" },
      el(
        "div",
        { class: "page-head" },
        el("h1", {}, "Situations"),
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
      later.close();
    },
  };
}

function row(situation: Situation, now: number): HTMLElement {
  const { state, label } = situationState(situation);
  return el(
    "tr",
    { testid: "situation-row", data: { href: situationAddress(situation.id) } },
    el("td", {}, stateBadge(state, label)),
    el("td", { class: "muted" }, situation.severity),
    el(
      "th",
      { scope: "row", class: "name" },
      el("a", { href: situationAddress(situation.id) }, situation.title),
    ),
    el("td", {}, situation.alerts),
    el("td", {}, formatMoment(situation.started_ms, now)),
    el("td", {}, situationLength(situation, now)),
    el("td", { class: "muted" }, situation.acknowledged_by ? `taken up by ${situation.acknowledged_by}` : ""),
  );
}
