/** The page of one alert: where it stands, what to do about it, its timeline, and who was told. */
import type { App } from "../app";
import { formatMoment } from "../format";
import { Problem } from "../gateway/problem";
import { serverNow } from "../live/server_clock";
import { badge, setBadge } from "../parts/badge";
import { deed } from "../parts/deed";
import { type Child, el, setChildren, setText } from "../parts/element";
import type { Page } from "../parts/page";
import { panel } from "../parts/panel";
import { emptyState, errorState, skeletonRows } from "../parts/states";
import { ALERTS, situationAddress } from "../route";
import { alertLength, alertState, stepText, stepWords, whoHasIt } from "./alert_wording";
import type { AlertDetail } from "./contract";
import { subjectLink } from "./subject_link";
import { toldPanel } from "./told_panel";

const RELOAD_OPEN_MS = 5_000;
const SNOOZES: readonly [number, string][] = [
  [60, "Put off for 1 h"],
  [480, "Put off for 8 h"],
];

export function alertPage(app: App, id: string): Page {
  const title = el("h1", {}, "Alert");
  const state = badge("alert-state");
  const content = el("div");
  const remark = el("input", {
    type: "text",
    class: "filter",
    maxlength: "2000",
    placeholder: "A remark",
    "aria-label": "A remark",
    testid: "alert-remark",
  });
  const whose = el("input", {
    type: "text",
    class: "filter",
    maxlength: "200",
    placeholder: "ann@shop.example",
    "aria-label": "Whose it is",
    testid: "alert-whose",
  });
  const actions = el("div", { class: "alert-deeds", testid: "alert-deeds" });
  let request = new AbortController();
  let alert: AlertDetail | null = null;

  const load = async () => {
    request.abort();
    request = new AbortController();
    const { signal } = request;
    if (!alert) setChildren(content, skeletonRows(4));
    try {
      const found = await app.gateway.alert(id, signal);
      if (!signal.aborted) show(found);
    } catch (error) {
      if (signal.aborted || alert) return;
      const missing = error instanceof Problem && (error.status === 404 || error.status === 422);
      setChildren(
        content,
        missing
          ? emptyState("There is no such alert", el("a", { href: ALERTS }, "See all alerts"))
          : errorState("The alert could not be loaded", error, () => void load()),
      );
    }
  };
  const answer = (label: string, what: string, body: Record<string, unknown> = {}) =>
    deed({
      label,
      testid: `alert-${what}`,
      act: async () => {
        const text = remark.value.trim();
        show(await app.editing.answerAlert(id, what, text === "" ? body : { ...body, text }));
        remark.value = "";
      },
    });
  const give = () =>
    deed({
      label: "Assign",
      testid: "alert-give",
      act: async () => {
        show(await app.editing.answerAlert(id, "assign", { to: whose.value.trim() || null }));
        whose.value = "";
      },
    });
  const deeds = (found: AlertDetail): Child[] => {
    if (!app.viewer.responder) return [];
    const open = found.state === "firing";
    const mine = found.acknowledged_by;
    return [
      open && !mine && answer("Acknowledge", "acknowledge"),
      open && mine && answer("Give back", "unacknowledge"),
      ...(open && !mine ? SNOOZES.map(([minutes, label]) => answer(label, "snooze", { minutes })) : []),
      open &&
        app.viewer.me &&
        found.assignee !== app.viewer.me.email &&
        answer("Assign to me", "assign", { to: app.viewer.me.email }),
      open && whose,
      open && give(),
      open && answer("Resolve", "resolve"),
      remark,
      answer("Add the remark", "comment"),
    ];
  };
  const show = (found: AlertDetail) => {
    const now = serverNow();
    // Buttons stay as they are while nothing has changed: one may be in the middle of its deed.
    const before = alert && [alert.state, alert.acknowledged_by, alert.assignee].join();
    alert = found;
    const shown = alertState(found);
    setBadge(state, shown.state, shown.label);
    setText(title, found.title || found.rule_name);
    document.title = `${found.title || found.rule_name} · Vedette`;
    if (before !== [found.state, found.acknowledged_by, found.assignee].join())
      setChildren(actions, ...deeds(found));
    setChildren(
      content,
      el(
        "div",
        { class: "two-columns" },
        el("div", {}, facts(found, now), toldPanel(found, now)),
        timeline(found, now),
      ),
    );
  };
  const again = () => {
    if (alert) setChildren(actions, ...deeds(alert));
  };
  const timer = window.setInterval(() => {
    if (!document.hidden && alert?.state !== "resolved") void load();
  }, RELOAD_OPEN_MS);
  const stops = [app.viewer.changed.on(again), app.alerts.changed.on(() => void load())];
  void load();
  return {
    title: "Alert",
    element: el(
      "div",
      { class: "page" },
      el("div", { class: "page-head" }, el("a", { class: "back", href: ALERTS }, "Alerts"), title, state),
      actions,
      content,
    ),
    close() {
      request.abort();
      window.clearInterval(timer);
      for (const stop of stops) stop();
    },
  };
}

function facts(alert: AlertDetail, now: number): HTMLElement {
  const fact = (label: string, ...value: Child[]) => [el("dt", {}, label), el("dd", {}, ...value)];
  const next = alert.next_ms !== null && alert.state === "firing";
  const first = alert.timeline[0]?.detail ?? {};
  const said = Object.entries(first).filter(([, value]) => value !== null && value !== "");
  return panel(
    "What it is about",
    "alert-facts",
    el(
      "dl",
      { class: "facts" },
      ...fact("Subject", subjectLink(alert.subject)),
      ...fact("Rule", alert.rule_name),
      ...fact("Situation", situationLink(alert)),
      ...(alert.severity ? fact("Severity", alert.severity) : []),
      ...fact("Began", formatMoment(alert.started_ms, now)),
      ...fact(alert.ended_ms === null ? "Firing for" : "Lasted", alertLength(alert, now)),
      ...(whoHasIt(alert, now) ? fact("Whose", whoHasIt(alert, now)) : []),
      ...(alert.plan?.route ? fact("Route", alert.plan.route) : []),
      ...(next ? fact("Next told", formatMoment(alert.next_ms, now)) : []),
      ...said.flatMap(([name, value]) => fact(name, String(value))),
    ),
  );
}

function situationLink(alert: AlertDetail): HTMLElement {
  const text = "What belongs to it, and what else changed";
  return el("a", { href: situationAddress(alert.id), testid: "alert-situation" }, text);
}

function timeline(alert: AlertDetail, now: number): HTMLElement {
  const steps = alert.timeline.map((step) =>
    el(
      "li",
      { class: "step", testid: "alert-step" },
      el("time", {}, formatMoment(step.at_ms, now)),
      el("div", {}, stepWords(step), stepText(step) && el("p", { class: "muted" }, stepText(step))),
    ),
  );
  return panel("Timeline", "alert-timeline", el("ol", { class: "timeline" }, ...steps));
}
