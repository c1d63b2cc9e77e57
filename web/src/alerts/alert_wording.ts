/** Words for alerts: where an alert stands, and what each step of it was. */
import { formatSpan } from "../format";
import type { Alert } from "../gateway/contract";
import type { AlertStep } from "./contract";

const STEPS: Record<string, string> = {
  firing: "It began to fire",
  resolved: "It was over",
  notice: "It was said",
  acknowledged: "Taken up",
  unacknowledged: "Given back",
  snoozed: "Put off",
  commented: "Remark",
  assigned: "Assigned",
  reminded: "Everybody was reminded",
  unknown: "Nothing is heard of it: nobody knows whether it still fires",
  known: "It was heard of again, and fires",
};

export function alertState(alert: Alert): { state: string; label: string } {
  if (alert.state === "notice") return { state: "unknown", label: "notice" };
  if (alert.state === "resolved") return { state: "up", label: "over" };
  if (alert.unknown_since_ms != null) return { state: "unknown", label: "unknown" };
  return { state: "down", label: "firing" };
}

export function alertLength(alert: Alert, now: number): string {
  return formatSpan((alert.ended_ms ?? now) - alert.started_ms);
}

/** Who does something about it, in a few words; empty if nobody does. */
export function whoHasIt(alert: Alert, now: number): string {
  if (alert.acknowledged_by) return `taken up by ${alert.acknowledged_by}`;
  if (alert.assignee) return `assigned to ${alert.assignee}`;
  if ((alert.snoozed_until_ms ?? 0) > now)
    return `put off for ${formatSpan((alert.snoozed_until_ms ?? 0) - now)}`;
  return "";
}

export function stepWords(step: AlertStep): string {
  const words = STEPS[step.state] ?? step.state;
  const { by, to, removed, changed } = step.detail;
  if (step.state === "assigned") return `${to == null ? "Assigned to nobody" : `Assigned to ${to}`} by ${by}`;
  if (removed !== undefined) return `${words}: its ${removed} was removed`;
  if (changed !== undefined) return `${words}: its ${changed} was changed`;
  return by === undefined ? words : `${words} by ${by}`;
}

/** What was said with a step. */
export function stepText(step: AlertStep): string {
  return String(step.detail["text"] ?? "");
}
