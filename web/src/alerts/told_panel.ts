/** Who was told of an alert and when, with the receiver's answer to each attempt. */
import { formatMoment } from "../format";
import { el } from "../parts/element";
import { panel } from "../parts/panel";
import type { AlertDetail, Attempt, Told } from "./contract";

const FAILURES = {
  given_up: "given up: its time is over",
  refused: "failed: its receiver never takes it",
  permanent: "failed: its channel was disabled",
};
const OUTCOMES: Record<Attempt["outcome"], string> = {
  delivered: "delivered",
  retry: "failed",
  refused: "refused for good",
  permanent: "failed for good",
  given_up: "failed, and given up",
  under_way: "under way",
  unknown: "no answer was noted",
};

export function toldPanel(alert: AlertDetail, now: number): HTMLElement {
  const rows = alert.notifications.flatMap((one) => [
    row(one, now),
    ...attemptsShown(one).map((attempt) => attemptRow(attempt, now)),
  ]);
  const nobody = el("p", { class: "muted note" }, "Nobody was told.");
  return panel(
    "Who was told",
    "alert-told",
    rows.length === 0 ? nobody : el("table", {}, el("tbody", {}, ...rows)),
  );
}

function row(one: Told, now: number): HTMLElement {
  return el(
    "tr",
    { testid: "told-row" },
    el("th", { scope: "row" }, one.channel_name),
    el("td", {}, one.event),
    el("td", {}, standing(one, now)),
    el("td", { class: "muted" }, formatMoment(one.delivered_ms ?? one.created_ms, now)),
    el("td", { class: "muted error-cell" }, one.last_answer ?? ""),
  );
}

/** The attempts that tell more than the notification itself: none, where the first was all and has an answer. */
export function attemptsShown(one: Told): Attempt[] {
  const clear = one.attempts <= 1 && one.attempt_log.every(({ outcome }) => outcome !== "unknown");
  return clear ? [] : one.attempt_log;
}

/** Where a notification stands, in a few words. */
export function standing(one: Told, now: number): string {
  const words = one.failure === null ? one.state : FAILURES[one.failure];
  const next = one.attempts > 0 && one.next_ms !== null && one.next_ms > now;
  const told = one.attempts > 1 ? `${words}, attempt ${one.attempts}` : words;
  return next ? `${told}, next ${formatMoment(one.next_ms ?? now, now)}` : told;
}

function attemptRow(attempt: Attempt, now: number): HTMLElement {
  return el(
    "tr",
    { class: "muted", testid: "attempt-row" },
    el("td", {}),
    el("td", {}, `attempt ${attempt.attempt}`),
    el("td", {}, attemptWords(attempt)),
    el("td", {}, formatMoment(attempt.at_ms, now)),
    el("td", { class: "error-cell" }, attempt.answer ?? ""),
  );
}

/** What came of an attempt and how long it took. */
export function attemptWords({ outcome, took_ms }: Attempt): string {
  return took_ms === null ? OUTCOMES[outcome] : `${OUTCOMES[outcome]} after ${took(took_ms)}`;
}

function took(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(1)} s`;
}
