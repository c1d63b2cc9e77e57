/** The strip of firing alerts above the overview. */
import { formatSpan } from "../format";
import type { Alert } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import type { AlertBoard } from "./alert_board";

const SHOWN = 6;

export interface AlertStrip {
  element: HTMLElement;
  refresh(now: number): void;
  close(): void;
}

export function alertStrip(board: AlertBoard): AlertStrip {
  const list = el("ul", { class: "alerts" });
  const element = el("section", { "aria-label": "Firing alerts", "aria-live": "polite", hidden: true }, list);
  let since: { element: HTMLElement; at: number }[] = [];
  let all = false;

  const item = (alert: Alert) => {
    const age = el("span", { class: "alert-since" });
    since.push({ element: age, at: alert.started_ms });
    return el(
      "li",
      { class: "alert", testid: "alert-item", title: `${alert.rule_name}: ${alert.subject}` },
      el("strong", {}, alert.title || alert.rule_name),
      el("span", { class: "muted alert-rule" }, alert.rule_name),
      age,
    );
  };
  const refresh = (now: number) => {
    for (const entry of since) setText(entry.element, `firing for ${formatSpan(now - entry.at)}`);
  };
  const show = () => {
    const alerts = board.list();
    since = [];
    const shown = (all ? alerts : alerts.slice(0, SHOWN)).map(item);
    const hidden = alerts.length - shown.length;
    const expand = () => {
      all = true;
      show();
    };
    const more =
      hidden > 0 &&
      el(
        "li",
        {},
        el("button", { type: "button", class: "button", on: { click: expand } }, `${hidden} more alerts`),
      );
    setChildren(list, ...shown, more);
    element.hidden = alerts.length === 0;
    refresh(serverNow());
  };
  const close = board.changed.on(show);
  show();
  return { element, refresh, close };
}
