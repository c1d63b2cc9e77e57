/** What the panels of the page have in common. */
import type { App } from "../app";
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

interface Parts {
  testid: string;
  title: string;
  /** The button that only admins see. */
  add: HTMLElement;
  /** Where forms stand. */
  making: HTMLElement;
  content: HTMLElement;
  show(known: Known): void;
  /** Shows the same once more: who looks at it may do other things now. */
  again(): void;
}

export function panelOf(app: App, { testid, title, add, making, content, show, again }: Parts): Panel {
  const stops = [app.viewer.forAdmins(add), app.viewer.changed.on(again)];
  return {
    element: el(
      "section",
      { class: "panel block", testid, "aria-label": title },
      el("header", { class: "chart-head" }, el("h3", {}, title)),
      el("div", { class: "alert-deeds" }, add),
      making,
      content,
    ),
    show,
    close() {
      for (const stop of stops) stop();
    },
  };
}
