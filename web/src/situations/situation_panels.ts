/** The panels of a situation's page. */
import { alertState } from "../alerts/alert_wording";
import { subjectLink } from "../alerts/subject_link";
import { formatMoment, formatShortSpan, formatSpan } from "../format";
import { stateBadge } from "../parts/badge";
import { type Child, el } from "../parts/element";
import { alertAddress, endpointAddress } from "../route";
import type { Change, Member, SituationDetail, Step } from "./contract";
import {
  becauseOf,
  changeAddress,
  changeKind,
  changeNumbers,
  scoreWords,
  situationLength,
  stepHead,
  stepTone,
} from "./situation_wording";

function panel(heading: string, testid: string, ...children: Child[]): HTMLElement {
  return el(
    "section",
    { class: "panel block", testid, "aria-label": heading },
    el("header", { class: "chart-head" }, el("h3", {}, heading)),
    ...children,
  );
}

function table(heads: readonly string[], rows: readonly HTMLElement[]): HTMLElement {
  const head = el("tr", {}, ...heads.map((label) => el("th", { scope: "col" }, label)));
  return el("div", { class: "scroller" }, el("table", {}, el("thead", {}, head), el("tbody", {}, ...rows)));
}

export function changesPanel(situation: SituationDetail, now: number): HTMLElement {
  const rows = situation.changed.map((change) => changeRow(change, situation, now));
  const nothing = el(
    "p",
    { class: "muted note" },
    "Nothing else was found that changed around its beginning.",
  );
  const heads = ["Score", "What", "Which", "When", "Before → after"];
  return panel(
    "What else changed",
    "situation-changes",
    rows.length === 0 ? nothing : table(heads, rows),
    el(
      "p",
      { class: "muted note" },
      "The score says how much it was, how near to the beginning and how akin: not that it was the cause.",
    ),
  );
}

function changeRow(change: Change, situation: SituationDetail, now: number): HTMLElement {
  const address = changeAddress(change);
  const outside = change.kind === "marker";
  const link =
    address &&
    el("a", outside ? { href: address, rel: "noopener", target: "_blank" } : { href: address }, change.title);
  const apart = change.at_ms - situation.started_ms;
  const when =
    apart === 0
      ? "at the beginning"
      : `${formatShortSpan(Math.abs(apart))} ${apart < 0 ? "before" : "after"}`;
  return el(
    "tr",
    { testid: "situation-change" },
    el("td", { title: scoreWords(change) }, change.score.toFixed(2)),
    el("td", { class: "muted" }, changeKind(change)),
    el("th", { scope: "row", class: "name" }, link || change.title),
    el("td", { class: "muted", title: formatMoment(change.at_ms, now) }, when),
    el("td", {}, changeNumbers(change)),
  );
}

export function costPanel(situation: SituationDetail, now: number): HTMLElement {
  const fact = (label: string, ...value: Child[]) => [el("dt", {}, label), el("dd", {}, ...value)];
  const cost = situation.impact;
  const told = Object.entries(cost.notifications).map(([state, count]) => `${count} ${state}`);
  const rows = cost.monitors.map((one) =>
    el(
      "tr",
      { testid: "situation-monitor" },
      el("th", { scope: "row", class: "name" }, el("a", { href: endpointAddress(one.monitor) }, one.name)),
      el("td", {}, formatSpan(one.down_s * 1000)),
      el("td", {}, `${one.failed_checks} of ${one.checks}`),
      el("td", {}, one.apdex_shown.map((shown) => shown ?? "–").join(" → ")),
    ),
  );
  return panel(
    "What it cost",
    "situation-cost",
    el(
      "dl",
      { class: "facts" },
      ...fact("Began", formatMoment(situation.started_ms, now)),
      ...fact(situation.ended_ms === null ? "Goes on for" : "Lasted", situationLength(situation, now)),
      ...(situation.quiet.length > 0 ? fact("Reopened", times(situation.quiet.length)) : []),
      ...fact("Down", formatSpan(cost.down_s * 1000)),
      ...fact("Failed checks", `${cost.failed_checks} of ${cost.checks}`),
      ...fact(
        "Taken up",
        cost.acknowledged_by === null
          ? "by nobody"
          : `by ${cost.acknowledged_by} after ${formatSpan((cost.acknowledged_after_s ?? 0) * 1000)}`,
      ),
      ...fact("Notifications", told.length > 0 ? told.join(", ") : "none"),
    ),
    rows.length > 0 && table(["Endpoint", "Down", "Failed checks", "Apdex"], rows),
  );
}

function times(count: number): string {
  return count === 1 ? "once" : `${count} times`;
}

export function alertsPanel(situation: SituationDetail, now: number): HTMLElement {
  const rows = situation.members.map((member) => memberRow(member, now));
  const more = situation.alerts - rows.length;
  return panel(
    `Alerts: ${situation.alerts}`,
    "situation-alerts",
    table(["State", "Alert", "About", "Began", "Belongs here by"], rows),
    more > 0 && el("p", { class: "muted note" }, `And ${more} more.`),
  );
}

function memberRow(member: Member, now: number): HTMLElement {
  const { state, label } = alertState({ ...member, value: null });
  return el(
    "tr",
    { testid: "situation-alert" },
    el("td", {}, stateBadge(state, label)),
    el(
      "th",
      { scope: "row", class: "name" },
      el("a", { href: alertAddress(member.id) }, member.title || member.rule_name),
    ),
    el("td", {}, subjectLink(member.subject)),
    el("td", { class: "muted" }, formatMoment(member.started_ms, now)),
    el("td", { class: "muted" }, becauseOf(member)),
  );
}

export function timelinePanel(situation: SituationDetail, now: number): HTMLElement {
  const steps = situation.timeline.map((step) => timelineStep(step, now));
  const cut = situation.timeline_left_out;
  return panel(
    "Timeline",
    "situation-timeline",
    el("ol", { class: "timeline" }, ...steps),
    cut > 0 && el("p", { class: "muted note" }, `${cut} steps of the middle are left out.`),
  );
}

function timelineStep(step: Step, now: number): HTMLElement {
  const several = (step.alerts ?? 1) > 1 ? ` (${step.alerts} alerts)` : "";
  return el(
    "li",
    { class: `step step-${stepTone(step)} step-turn`, testid: "situation-step" },
    el("time", { datetime: new Date(step.at_ms).toISOString() }, formatMoment(step.at_ms, now)),
    el(
      "div",
      {},
      el("strong", {}, stepHead(step)),
      el(
        "p",
        { class: "muted" },
        step.alert === null ? step.title : el("a", { href: alertAddress(step.alert) }, step.title),
        several,
      ),
      step.text && el("p", { class: "muted" }, step.text),
    ),
  );
}
