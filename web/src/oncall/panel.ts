/** What the panels of the page have in common. */
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
