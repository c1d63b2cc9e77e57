/** One table of the overview with its heading, its paging and its three other faces: loading, empty, failed. */

import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { PagedRows, type Row } from "./paged_rows";
import { type Column, type Order, sortableHead, sortedBy } from "./sort";

const PAGE_SIZE = 50;

export interface SectionOptions<T> {
  id: string;
  title: string;
  columns: readonly Column<T>[];
  order: Order;
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
  private filter = "";
  private loaded = false;

  constructor(private readonly options: SectionOptions<T>) {
    const seen = () => options.seen(this.rows.visible);
    this.rows = new PagedRows(this.body, PAGE_SIZE, options.idOf, options.rowOf, seen);
    const head = sortableHead(options.columns, options.order, () => this.arrange());
    this.table = el(
      "div",
      { class: "panel table-panel" },
      el("table", { class: `table-${options.id}` }, head, this.body),
      this.rows.pager,
    );
    // The whole row is a target for the mouse; the link inside it is the one for the keyboard.
    this.body.addEventListener("click", followRow);
    this.element = el(
      "section",
      { "aria-labelledby": `${options.id}-title` },
      el("h2", { id: `${options.id}-title` }, options.title, this.count),
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

  /** Sorts again. Called about every ten seconds, so that rows do not jump under the eye. */
  arrange(): void {
    const { options, filter } = this;
    const found =
      filter === ""
        ? this.items
        : this.items.filter((item) => options.textOf(item).toLowerCase().includes(filter));
    setText(this.count, filter === "" ? `${this.items.length}` : `${found.length} of ${this.items.length}`);
    if (this.items.length === 0) {
      setChildren(this.content, emptyState(`No ${options.title.toLowerCase()} yet`, ...options.empty));
      return;
    }
    if (found.length === 0) {
      setChildren(this.content, emptyState(`No ${options.title.toLowerCase()} match “${filter}”`));
      return;
    }
    if (this.content.firstChild !== this.table) setChildren(this.content, this.table);
    this.rows.show(sortedBy(found, options.columns, options.order, options.nameOf), serverNow());
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

function followRow(event: MouseEvent): void {
  const target = event.target as Element;
  if (event.defaultPrevented || target.closest("a, button") || window.getSelection()?.toString()) return;
  const address = target.closest<HTMLElement>("tr")?.dataset["href"];
  if (!address) return;
  if (event.metaKey || event.ctrlKey) window.open(address, "_blank", "noopener");
  else location.hash = address;
}
