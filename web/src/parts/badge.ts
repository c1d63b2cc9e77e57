/** A state as a coloured dot with its word: never colour alone. */
import type { Outcome } from "../gateway/contract";
import { el, setClass, setText } from "./element";

const TONE: Record<string, string> = {
  up: "ok",
  active: "ok",
  satisfied: "ok",
  degraded: "warn",
  partial: "warn",
  maintenance: "quiet-time",
  silent: "warn",
  down: "bad",
  firing: "bad",
  failing: "bad",
  ended: "idle",
};

export const OUTCOME_LABEL: Record<Outcome, string> = {
  up: "Up",
  degraded: "Degraded",
  down: "Down",
  missed: "Missed",
  probe_error: "Probe error",
};

export function badge(testid?: string): HTMLElement {
  return el("span", testid ? { testid } : {});
}

export function setBadge(element: HTMLElement, state: string, label: string): void {
  setClass(element, `badge badge-${TONE[state] ?? "idle"}`);
  setText(element, label);
}

export function stateBadge(state: string, label: string): HTMLElement {
  const element = badge();
  setBadge(element, state, label);
  return element;
}
