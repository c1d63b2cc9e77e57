/** Sorting a table by one of its columns. */
import { el } from "../parts/element";

export interface Column<T> {
  id: string;
  label: string;
  /** Without it the column does not sort. Nulls go last in either direction. */
  value?: (item: T) => number | string | null;
  /** The direction of the first press. */
  descending?: boolean;
  class?: string;
}

export interface Order {
  column: string;
  descending: boolean;
}

export function sortedBy<T>(
  items: readonly T[],
  columns: readonly Column<T>[],
  order: Order,
  nameOf: (item: T) => string,
): T[] {
  const value = columns.find((column) => column.id === order.column)?.value;
  const direction = order.descending ? -1 : 1;
  const keyed = items.map((item) => ({ item, key: value ? value(item) : null, name: nameOf(item) }));
  keyed.sort((a, b) => {
    if (a.key === null || b.key === null) {
      if (a.key !== b.key) return a.key === null ? 1 : -1;
    } else if (a.key !== b.key) {
      const numbers = typeof a.key === "number" && typeof b.key === "number";
      const less = numbers ? a.key < b.key : String(a.key).localeCompare(String(b.key)) < 0;
      return less ? -direction : direction;
    }
    return a.name.localeCompare(b.name, undefined, { numeric: true });
  });
  return keyed.map((entry) => entry.item);
}

/** The head of the table; pressing a column sorts by it, pressing again turns the direction. */
export function sortableHead<T>(
  columns: readonly Column<T>[],
  order: Order,
  changed: () => void,
): HTMLElement {
  const cells = columns.map((column) => {
    const cell = el("th", { scope: "col", class: column.class ?? "" });
    if (!column.value) {
      cell.append(column.label);
      return cell;
    }
    const press = () => {
      const again = order.column === column.id;
      order.descending = again ? !order.descending : column.descending === true;
      order.column = column.id;
      mark();
      changed();
    };
    cell.append(el("button", { type: "button", class: "sort", on: { click: press } }, column.label));
    return cell;
  });
  const mark = () => {
    columns.forEach((column, index) => {
      const cell = cells[index];
      if (column.id !== order.column) cell?.removeAttribute("aria-sort");
      else cell?.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    });
  };
  mark();
  return el("thead", {}, el("tr", {}, ...cells));
}
