/** An incident in words: how it stands, how long it took, what each step of its timeline says. */
import { formatShortSpan, formatSpan } from "../format";
import type { Incident, TimelineStep } from "../gateway/outage_contract";
import { OUTCOME_LABEL } from "../parts/badge";

/** The state to show as a badge: one that is over tells what it had been. */
export function incidentState(incident: Incident): { state: string; label: string } {
  if (incident.ended_ms !== null) {
    return { state: "ended", label: incident.confirmed_ms === null ? "Was partial" : "Was down" };
  }
  return incident.state === "down"
    ? { state: "down", label: "Down" }
    : { state: "partial", label: "Partial" };
}

/** How long it went on, or has gone on so far. */
export function incidentLength(incident: Incident, now: number): string {
  return formatSpan((incident.ended_ms ?? now) - incident.started_ms);
}

/** `after 0.2 s`, `after 2 min`, or why it never was confirmed. */
export function confirmation(incident: Incident): string {
  if (incident.confirmed_ms !== null) {
    return `after ${formatShortSpan(incident.confirmed_ms - incident.started_ms)}`;
  }
  return incident.ended_ms === null ? "not yet" : "never: fewer than the quorum failed";
}

const STEPS: Record<string, string> = {
  failing: "First failure",
  confirmed: "Confirmed: the quorum fails",
  partial: "The quorum no longer fails",
  recovered: "Over: no location fails",
};

/** What happened at a step; an ordinary check among them says what it found. */
export function stepText(step: TimelineStep): string {
  if (step.what === "check") return step.outcome === "down" ? "Fails here too" : "Reached here";
  const known = STEPS[step.what];
  if (known) return known;
  const text = step.what.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The steps at which something was decided stand out. */
export function isTurn(step: TimelineStep): boolean {
  return step.what !== "check";
}

/** What the location saw at that step. */
export function stepDetail(step: TimelineStep): string {
  if (step.error) return step.error;
  return step.outcome ? (OUTCOME_LABEL[step.outcome] ?? step.outcome) : "";
}

/** Time from the beginning: `+0.0 s`, `+42 s`, `+3 min`. */
export function sinceStart(incident: Incident, at: number): string {
  return `+${formatShortSpan(Math.max(0, at - incident.started_ms))}`;
}
