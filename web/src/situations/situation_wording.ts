/** A situation in words: how it stands, why an alert belongs to it, what changed, what happened. */
import { formatMillis, formatNumber, formatPercent, formatSpan } from "../format";
import { alertAddress, endpointAddress, hostAddress, incidentAddress, modelAddress } from "../route";
import type { Change, Member, Situation, Step } from "./contract";

export function situationState(situation: Situation): { state: string; label: string } {
  if (situation.state === "ended") return { state: "ended", label: "over" };
  return { state: "down", label: `${situation.firing} firing` };
}

export function situationLength(situation: Situation, now: number): string {
  return formatSpan((situation.ended_ms ?? now) - situation.started_ms);
}

/** `12`, or that there may be more than alerts could be looked at. */
export function situationCount(many: number, isCut: boolean): string {
  return isCut ? `${many}; there are so many alerts that only the newest were looked at` : String(many);
}

const LINKS: Record<string, string> = {
  subject: "the same subject",
  monitor: "the same endpoint",
  host: "the same host",
  model: "the same model",
  parent: "depends on",
  location: "seen from",
  role: "the role",
  plugin: "the plugin",
  rule: "the same rule, minutes apart:",
};

/** `the same host web-1`; empty for the first. */
export function becauseOf(member: Member): string {
  const link = member.because;
  if (link === null) return "";
  if (link.what === "subject") return "the same subject";
  return `${LINKS[link.what] ?? link.what} ${link.which}`;
}

const KINDS: Record<string, string> = {
  marker: "Release",
  alert: "Alert",
  outage: "Outage",
  change: "News",
  series: "Series",
  endpoint: "Endpoint",
  drift: "Drift",
};

export function changeKind(change: Change): string {
  return KINDS[change.kind] ?? change.kind;
}

const KIN = { own: "of its own", akin: "akin", other: "elsewhere" };

/** How a score came about. */
export function scoreWords(change: Change): string {
  const parts = [
    `size ${change.size.toFixed(2)}`,
    `nearness ${change.nearness.toFixed(2)}`,
    `kinship ${change.kinship.toFixed(1)} (${KIN[change.kin]})`,
  ];
  const off = change.deviation === undefined ? "" : `; moved by ${change.deviation.toFixed(1)} spreads`;
  return `${parts.join(" × ")}${off}`;
}

/** `102 → 918`; empty where nothing is measured. */
export function changeNumbers(change: Change): string {
  if (change.before === null && change.after === null) return "";
  const format =
    change.measure === "failures"
      ? formatPercent
      : change.measure === "time_ms"
        ? formatMillis
        : formatNumber;
  return `${format(change.before)} → ${format(change.after)}`;
}

/** The page that shows more of a change; null if there is none. */
export function changeAddress(change: Change): string | null {
  const id = change.id ?? "";
  switch (change.kind) {
    case "alert":
      return alertAddress(id);
    case "outage":
      return incidentAddress(String(id));
    case "series":
      return hostAddress(change.source ?? "");
    case "endpoint":
      return endpointAddress(change.monitor ?? "");
    case "drift":
      return modelAddress(id);
    case "marker":
      return change.url ?? null;
    case "change":
      if (change.what === "monitor") return endpointAddress(id);
      if (change.what === "host" || change.what === "boot") return hostAddress(String(id));
      return change.what === "rule" || change.what === "plugin code" ? null : modelAddress(id);
  }
}

const STEPS: Record<string, string> = {
  start: "Began",
  end: "Over",
  notice: "Notice",
  told: "Told",
  acknowledged: "Taken up",
  unacknowledged: "Given back",
  snoozed: "Put off",
  commented: "Remark",
  assigned: "Assigned",
  reminded: "Reminded",
  unknown: "Nothing is heard of it",
  known: "Heard of again",
  silence: "Silence",
  maintenance: "Maintenance",
  marker: "Release",
};

export function stepHead(step: Step): string {
  if (step.what === "outage") {
    const place = step.location ? ` at ${step.location}` : "";
    return `Outage: ${(step.vote ?? "").replaceAll("_", " ")}${place}`;
  }
  const words = STEPS[step.what] ?? capital(step.what.replaceAll("_", " "));
  return step.by === null ? words : `${words} by ${step.by}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function stepTone(step: Step): "ok" | "warn" | "bad" {
  if (step.what === "start") return "bad";
  if (step.what === "outage") return step.vote === "recovered" ? "ok" : "bad";
  return step.what.startsWith("message") || step.what === "unknown" ? "warn" : "ok";
}
