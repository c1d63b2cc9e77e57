/** What a panel shows when it has nothing to show: loading, empty, failed. */
import { explain } from "../gateway/problem";
import { type Child, el } from "./element";

export function skeletonRows(count: number): HTMLElement {
  const rows = Array.from({ length: count }, () => el("div", { class: "skeleton skeleton-row" }));
  return el(
    "div",
    { class: "skeletons", "aria-busy": "true" },
    el("span", { class: "sr-only" }, "Loading"),
    ...rows,
  );
}

export function skeletonCharts(count: number): HTMLElement {
  const charts = Array.from({ length: count }, () => el("div", { class: "skeleton skeleton-chart" }));
  return el(
    "div",
    { class: "chart-grid", "aria-busy": "true" },
    el("span", { class: "sr-only" }, "Loading"),
    ...charts,
  );
}

export function emptyState(title: string, ...hint: Child[]): HTMLElement {
  return el("div", { class: "state", testid: "empty" }, el("h3", {}, title), el("p", {}, ...hint));
}

export function errorState(what: string, error: unknown, retry: () => void): HTMLElement {
  return el(
    "div",
    { class: "state state-error", role: "alert", testid: "error" },
    el("h3", {}, what),
    el("p", {}, explain(error)),
    el("button", { class: "button", type: "button", testid: "retry", on: { click: retry } }, "Try again"),
  );
}
