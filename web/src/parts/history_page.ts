/** A page that lists what there was over a range, in a state or in any: filters, range, table, and loading again. */
import type { Emitter } from "../live/emitter";
import { serverNow } from "../live/server_clock";
import { ENDPOINT_RANGES, type Range, rangeById } from "../series/range";
import { type Choice, choices } from "./choices";
import { el, setChildren, setText } from "./element";
import type { Page } from "./page";
import { rangePicker } from "./range_picker";
import { followRows } from "./row_link";
import { soon } from "./soon";
import { emptyState, errorState, skeletonRows } from "./states";

const RANGES = ENDPOINT_RANGES.filter((range) => range.seconds >= 86_400);
const RELOAD_EVERY_MS = 20_000;
/** Things may change by the thousand. */
const CHANGED_MS = 500;
const ALL: Choice = { id: "all", label: "All" };

export interface HistoryList<T> {
  /** `Incidents`: the heading; in small letters the prefix of the filters' test ids too. */
  title: string;
  /** Beside all. */
  filters: readonly Choice[];
  head: readonly string[];
  tableClass?: string;
  /** The page's address with these choices. */
  address(state: string | null, range: string): string;
  /** Those of a state (undefined: of any) since `from`, as in `-7d`. */
  ask(state: string | undefined, from: string, signal: AbortSignal): Promise<readonly T[]>;
  row(one: T, now: number): HTMLElement;
  /** What stands beside the heading. */
  count(found: readonly T[]): string;
  /** What a list without rows says below that there are none. */
  nothing: string;
  /** When to look again, besides from time to time. */
  changed: Emitter<void>;
}

export function historyPage<T>(
  list: HistoryList<T>,
  wantedState: string | null,
  wantedRange: string | null,
): Page {
  const known = [ALL, ...list.filters];
  const name = list.title.toLowerCase();
  let filter = known.find(({ id }) => id === wantedState) ?? ALL;
  let range: Range = rangeById(wantedRange, "7d", RANGES);
  let request = new AbortController();
  let shown = false;
  const count = el("span", { class: "count" });
  const content = el("div");
  const body = el("tbody");
  const head = el("tr", {}, ...list.head.map((label) => el("th", { scope: "col" }, label)));
  const table = el(
    "div",
    { class: "panel table-panel flush" },
    el("table", list.tableClass ? { class: list.tableClass } : {}, el("thead", {}, head), body),
  );
  followRows(body);
  const changed = () => {
    history.replaceState(null, "", list.address(filter === ALL ? null : filter.id, range.id));
    shown = false;
    void load();
  };
  const choose = (id: string) => {
    filter = known.find((one) => one.id === id) ?? ALL;
    changed();
  };
  const filters = choices("State", known, choose, name);
  const picker = rangePicker((chosen) => {
    range = chosen;
    changed();
  }, RANGES);

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    filters.show(filter.id);
    picker.show(range);
    if (!shown) setChildren(content, skeletonRows(5));
    try {
      const found = await list.ask(filter === ALL ? undefined : filter.id, `-${range.id}`, signal);
      if (signal.aborted) return;
      shown = true;
      show(found);
    } catch (error) {
      if (signal.aborted || shown) return;
      setChildren(
        content,
        errorState(`The ${name} could not be loaded`, error, () => void load()),
      );
    }
  };
  const show = (found: readonly T[]) => {
    const now = serverNow();
    setText(count, list.count(found));
    setChildren(body, ...found.map((one) => list.row(one, now)));
    const what = filter === ALL ? "" : `${filter.label.toLowerCase()} `;
    const none = emptyState(`No ${what}${name} in ${range.label}`, list.nothing);
    setChildren(content, found.length > 0 ? table : none);
  };
  const timer = window.setInterval(() => {
    if (!document.hidden) void load();
  }, RELOAD_EVERY_MS);
  const later = soon(() => void load(), CHANGED_MS);
  const stop = list.changed.on(() => later.ask());
  void load();
  const heading = [el("h1", {}, list.title), count, filters.element, el("span", { class: "spring" })];
  return {
    title: list.title,
    element: el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, ...heading, picker.element),
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
