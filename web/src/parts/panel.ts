/** A panel of a page: a heading, and what stands under it. */
import { type Child, el } from "./element";

export function panel(heading: Child, testid: string, ...children: Child[]): HTMLElement {
  const label = heading instanceof HTMLElement ? heading.textContent : heading;
  return el(
    "section",
    { class: "panel block", testid, "aria-label": label || null },
    el("header", { class: "chart-head" }, heading instanceof HTMLElement ? heading : el("h3", {}, heading)),
    ...children,
  );
}

/** What an endpoint's page asks for beside its history; each shows its own trouble. */
export interface Loading {
  element: HTMLElement;
  load(signal: AbortSignal): Promise<void>;
}
