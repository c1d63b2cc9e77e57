/** The strip of firing alerts and fresh notices above the overview. */
import { formatSpan } from "../format";
import type { Alert } from "../gateway/contract";
import { serverNow } from "../live/server_clock";
import { el, setChildren, setText } from "../parts/element";
import { alertAddress } from "../route";
import { type AlertBoard, NOTICE_MS } from "./alert_board";

const SHOWN = 6;
const SHOWN_NOTICES = 3;

export interface AlertStrip {
  element: HTMLElement;
  refresh(now: number): void;
  close(): void;
}

export function alertStrip(board: AlertBoard): AlertStrip {
  const list = el("ul", { class: "alerts" });
  const element = el("section", { "aria-label": "Alerts", "aria-live": "polite", hidden: true }, list);
  let since: { element: HTMLElement; alert: Alert }[] = [];
  let all = false;

  const item = (alert: Alert) => {
    const age = el("span", { class: "alert-since" });
    since.push({ element: age, alert });
    const notice = alert.state === "notice";
    return el(
      "li",
      {
        class: notice ? "alert alert-notice" : "alert",
        testid: notice ? "notice-item" : "alert-item",
        title: `${alert.rule_name}: ${alert.subject}`,
      },
      notice
        ? el("strong", {}, alert.title || alert.rule_name)
        : el("a", { class: "alert-title", href: alertAddress(alert.id) }, alert.title || alert.rule_name),
      notice && el("span", { class: "alert-body" }, alert.body ?? ""),
      notice && el("span", { class: "muted" }, alert.subject.replace(/^plugin:/, "")),
      el("span", { class: "muted alert-rule" }, alert.rule_name),
      alert.acknowledged_by && el("span", { class: "quiet-mark" }, `taken up by ${alert.acknowledged_by}`),
      age,
    );
  };
  const refresh = (now: number) => {
    const lapsed = since.some(({ alert }) => alert.state === "notice" && alert.started_ms <= now - NOTICE_MS);
    if (lapsed) show(now);
    for (const { element, alert } of since) {
      const span = formatSpan(now - alert.started_ms);
      setText(element, alert.state === "notice" ? `${span} ago` : `firing for ${span}`);
    }
  };
  const show = (now: number) => {
    const alerts = board.list(now);
    since = [];
    const shown = (all ? alerts : firstOf(alerts)).map(item);
    const hidden = alerts.length - shown.length;
    const expand = () => {
      all = true;
      show(serverNow());
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
    refresh(now);
  };
  const close = board.changed.on(() => show(serverNow()));
  show(serverNow());
  return { element, refresh, close };
}

/** The first that fire, and the first notices: many of the ones must not hide the others. */
function firstOf(alerts: readonly Alert[]): Alert[] {
  const notices = alerts.filter((alert) => alert.state === "notice");
  const firing = alerts.filter((alert) => alert.state !== "notice");
  return [...firing.slice(0, SHOWN), ...notices.slice(0, SHOWN_NOTICES)];
}
