/** What the panels of the page have in common. */
import { deed } from "../parts/deed";
import { el } from "../parts/element";
import type { Known } from "./known";

export interface Panel {
  element: HTMLElement;
  show(known: Known): void;
  close(): void;
}

export function table(head: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  return el(
    "div",
    { class: "scroller" },
    el(
      "table",
      {},
      el("thead", {}, el("tr", {}, ...head.map((label) => el("th", { scope: "col" }, label)))),
      el("tbody", {}, ...rows),
    ),
  );
}

/** What admins do with a row: `one` is what it is called, as in `route`. */
export function rowDeeds(one: string, change: () => Promise<void>, remove: () => Promise<void>): HTMLElement {
  return el(
    "div",
    { class: "row-deeds" },
    deed({ label: "Change", testid: `${one}-change`, act: change }),
    deed({ label: "Remove", testid: `${one}-remove`, confirm: "Remove it?", act: remove }),
  );
}
