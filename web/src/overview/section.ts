/** One table of the overview with its heading, its paging and its three other faces: loading, empty, failed. */

import { serverNow } from "../live/server_clock";
import { type Choices, choices } from "../parts/choices";
import { el, setChildren, setText } from "../parts/element";
import { followRows } from "../parts/row_link";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { PagedRows, type Row } from "./paged_rows";
import { type Column, type Order, sortableHead, sortedBy } from "./sort";

const PAGE_SIZE = 50;

/** A way to narrow a long list down: the endpoints that are down, say. */
export interface Narrowing<T> {
  id: string;
  label: string;
  test(item: T): boolean;
}

/** What somebody chose to see; kept while other pages are open. */
export interface SectionView {
  order: Order;
  narrowing: string;
}

export interface SectionOptions<T> {
  id: string;
  title: string;
  columns: readonly Column<T>[];
  view: SectionView;
  /** The first one leaves everything. */
  narrowings?: readonly Narrowing<T>[];
  /** Stand beside the title. */
  actions?: HTMLElement[];
  idOf(item: T): string;
  nameOf(item: T): string;
  /** What the filter box searches. */
  textOf(item: T): string;
  rowOf(item: T): Row<T>;
  /** These items came into view. */
  seen(items: T[]): void;
  empty: (string | Node)[];
}

export class Section<T> {
  readonly element: HTMLElement;
  private readonly body = el("tbody");
  private readonly count = el("span", { class: "count" });
  private readonly content = el("div");
  private readonly table: HTMLElement;
  private readonly rows: PagedRows<T>;
  private items: readonly T[] = [];
  private readonly choices: Choices | null;
  private filter = "";
  private loaded = false;

  constructor(private readonly options: SectionOptions<T>) {
    this.choices = options.narrowings
      ? choices(`Show ${options.title.toLowerCase()}`, options.narrowings, (id) => this.narrow(id), "state")
      : null;
    const seen = () => options.seen(this.rows.visible);
    this.rows = new PagedRows(this.body, PAGE_SIZE, options.idOf, options.rowOf, seen);
    const head = sortableHead(options.columns, options.view.order, () => this.arrange());
    this.table = el(
      "div",
      { class: "panel table-panel" },
      el("table", { class: `table-${options.id}` }, head, this.body),
      this.rows.pager,
    );
    followRows(this.body);
    this.element = el(
      "section",
      { "aria-labelledby": `${options.id}-title` },
      el(
        "div",
        { class: "section-head" },
        el("h2", { id: `${options.id}-title` }, options.title, this.count),
        this.choices?.element,
        el("span", { class: "spring" }),
        ...(options.actions ?? []),
      ),
      this.content,
    );
    setChildren(this.content, skeletonRows(3));
  }

  show(items: readonly T[]): void {
    this.items = items;
    this.loaded = true;
    this.arrange();
  }

  showError(error: unknown, retry: () => void): void {
    // Known rows stay: the banner above already says that they are old.
    if (this.loaded) return;
    const again = () => {
      setChildren(this.content, skeletonRows(3));
      retry();
    };
    const what = `The ${this.options.title.toLowerCase()} could not be loaded`;
    setChildren(this.content, errorState(what, error, again));
  }

  search(filter: string): void {
    this.filter = filter.trim().toLowerCase();
    if (this.loaded) this.arrange();
  }

  private narrow(id: string): void {
    this.options.view.narrowing = id;
    this.rows.first();
    if (this.loaded) this.arrange();
  }

  /** Sorts again. Called about every ten seconds, so that rows do not jump under the eye. */
  arrange(): void {
    const { options, filter } = this;
    const searched =
      filter === ""
        ? this.items
        : this.items.filter((item) => options.textOf(item).toLowerCase().includes(filter));
    const found = this.narrowed(searched);
    const all = found.length === this.items.length;
    setText(this.count, all ? `${this.items.length}` : `${found.length} of ${this.items.length}`);
    if (this.items.length === 0) {
      setChildren(this.content, emptyState(`No ${options.title.toLowerCase()} yet`, ...options.empty));
      return;
    }
    if (found.length === 0) {
      setChildren(this.content, emptyState(this.nothingFound()));
      return;
    }
    if (this.content.firstChild !== this.table) setChildren(this.content, this.table);
    this.rows.show(sortedBy(found, options.columns, options.view.order, options.nameOf), serverNow());
  }

  /** The items of the chosen narrowing; beside it, every choice tells how many it would leave. */
  private narrowed(items: readonly T[]): readonly T[] {
    const { narrowings, view } = this.options;
    if (!narrowings || !this.choices) return items;
    const groups = new Map(narrowings.map(({ id, test }) => [id, items.filter(test)]));
    this.choices.show(view.narrowing);
    this.choices.count(new Map([...groups].map(([id, group]) => [id, group.length])));
    return groups.get(view.narrowing) ?? items;
  }

  private nothingFound(): string {
    const { title, narrowings, view } = this.options;
    const chosen = narrowings?.find((narrowing) => narrowing.id === view.narrowing);
    const what = `No ${title.toLowerCase()}`;
    const state = chosen && chosen !== narrowings?.[0] ? ` “${chosen.label}”` : "";
    if (this.filter === "") return `${what}${state} now`;
    return `${what}${state} match “${this.filter}”`;
  }

  /** Reports the visible items again, when their history must be asked for again. */
  seeAgain(): void {
    this.options.seen(this.rows.visible);
  }

  refresh(now: number): void {
    this.rows.refresh(now);
  }

  refreshOne(id: string, now: number): void {
    this.rows.rows.get(id)?.refresh(now);
  }
}
