/** A table body that holds one page of rows, whatever the number of items. */
import { serverNow } from "../live/server_clock";
import { el, setText } from "../parts/element";

export interface Row<T> {
  element: HTMLElement;
  item: T;
  /** Writes the current values; called about once a second and at each change. */
  refresh(now: number): void;
}

export class PagedRows<T> {
  readonly pager: HTMLElement;
  readonly rows = new Map<string, Row<T>>();
  private items: readonly T[] = [];
  private page = 0;
  private readonly range = el("span", { "aria-live": "polite" });
  private readonly previous = this.button("Previous", -1);
  private readonly next = this.button("Next", 1);

  /** `turned`: called when another set of rows is in view. */
  constructor(
    private readonly body: HTMLElement,
    private readonly pageSize: number,
    private readonly idOf: (item: T) => string,
    private readonly makeRow: (item: T) => Row<T>,
    private readonly turned: () => void,
  ) {
    this.pager = el("div", { class: "pager", hidden: true }, this.previous, this.range, this.next);
  }

  get visible(): T[] {
    return [...this.rows.values()].map((row) => row.item);
  }

  show(items: readonly T[], now: number): void {
    this.items = items;
    const pages = Math.max(1, Math.ceil(items.length / this.pageSize));
    this.page = Math.min(this.page, pages - 1);
    const start = this.page * this.pageSize;
    const shown = items.slice(start, start + this.pageSize);

    const kept = new Map<string, Row<T>>();
    let fresh = false;
    for (const item of shown) {
      const id = this.idOf(item);
      const existing = this.rows.get(id);
      fresh ||= existing === undefined;
      const row = existing ?? this.makeRow(item);
      row.item = item;
      kept.set(id, row);
    }
    this.rows.clear();
    for (const [id, row] of kept) this.rows.set(id, row);
    this.place([...kept.values()]);
    for (const row of kept.values()) row.refresh(now);

    this.pager.hidden = pages === 1;
    this.previous.disabled = this.page === 0;
    this.next.disabled = this.page >= pages - 1;
    const last = Math.min(start + this.pageSize, items.length);
    setText(this.range, `${start + 1}–${last} of ${items.length.toLocaleString("en-US")}`);
    if (fresh) this.turned();
  }

  /** Another list is about to be shown: from its beginning. */
  first(): void {
    this.page = 0;
  }

  refresh(now: number): void {
    for (const row of this.rows.values()) row.refresh(now);
  }

  /** Moves only what is out of place, so that focus and selection survive a re-sort. */
  private place(rows: readonly Row<T>[]): void {
    const wanted = new Set(rows.map((row) => row.element as Element));
    for (const child of [...this.body.children]) if (!wanted.has(child)) child.remove();
    rows.forEach((row, index) => {
      if (this.body.children[index] !== row.element) {
        this.body.insertBefore(row.element, this.body.children[index] ?? null);
      }
    });
  }

  private button(label: string, by: number): HTMLButtonElement {
    const turn = () => {
      this.page += by;
      this.show(this.items, serverNow());
    };
    return el("button", { class: "button button-quiet", type: "button", on: { click: turn } }, label);
  }
}
