/** When a maintenance window holds: its occurrences within a range, and the next one. */
import type { MaintenanceRule } from "../gateway/outage_contract";
import { type Cron, onDay, parseCron } from "./cron";
import { localReading, momentsOf } from "./zone";

export interface Occurrence {
  from: number;
  to: number;
}

const DAY_MS = 86_400_000;
const MINUTE_MS = 60_000;
/** A rule that comes every few minutes is as good as permanent; drawing more would tell nothing. */
const MOST = 2_000;
const LOOK_AHEAD_DAYS = 400;

/** Weekly windows are cron expressions too; days count from Monday there, from Sunday here. */
function cronOf(rule: MaintenanceRule & { kind: "weekly" | "cron" }): Cron | null {
  if (rule.kind === "cron") return parseCron(rule.cron);
  const [hour, minute] = rule.start.split(":").map(Number);
  return parseCron(`${minute} ${hour} * * ${rule.days.map((day) => (day + 1) % 7).join(",")}`);
}

/** Occurrences that hold at any time of from ≤ t < to, oldest first. */
export function occurrencesIn(rule: MaintenanceRule, from: number, to: number, most = MOST): Occurrence[] {
  if (rule.kind === "once") {
    return rule.from_ms < to && rule.to_ms > from ? [{ from: rule.from_ms, to: rule.to_ms }] : [];
  }
  const cron = cronOf(rule);
  if (!cron) return [];
  const lengthMs = rule.minutes * MINUTE_MS;
  const found: Occurrence[] = [];
  // By local days, one more on either side, for a local day is not a day of UTC.
  const first = Math.floor(localReading(from - lengthMs, rule.zone) / DAY_MS) * DAY_MS;
  const last = localReading(to, rule.zone) + DAY_MS;
  for (let day = first; day <= last && found.length < most; day += DAY_MS) {
    const date = new Date(day);
    if (!onDay(cron, date.getUTCMonth() + 1, date.getUTCDate(), date.getUTCDay())) continue;
    for (const start of startsOn(day, cron, rule.zone)) {
      if (start < to && start + lengthMs > from) found.push({ from: start, to: start + lengthMs });
    }
  }
  return found.slice(0, most);
}

/** The occurrence that holds now or comes next; null where none comes within 400 days. */
export function nextOccurrence(rule: MaintenanceRule, now: number): Occurrence | null {
  for (let ahead = 2; ahead <= LOOK_AHEAD_DAYS; ahead *= 3) {
    const [next] = occurrencesIn(rule, now, now + Math.min(ahead, LOOK_AHEAD_DAYS) * DAY_MS, 1);
    if (next) return next;
  }
  return occurrencesIn(rule, now, now + LOOK_AHEAD_DAYS * DAY_MS, 1)[0] ?? null;
}

/** Touching and overlapping occurrences of several rules become one. */
export function joined(occurrences: readonly Occurrence[]): Occurrence[] {
  const sorted = [...occurrences].sort((a, b) => a.from - b.from);
  const result: Occurrence[] = [];
  for (const next of sorted) {
    const last = result[result.length - 1];
    if (last && next.from <= last.to) last.to = Math.max(last.to, next.to);
    else result.push({ ...next });
  }
  return result;
}

function startsOn(day: number, cron: Cron, zone: string): number[] {
  const starts: number[] = [];
  for (const hour of [...cron.hours].sort((a, b) => a - b)) {
    for (const minute of [...cron.minutes].sort((a, b) => a - b)) {
      starts.push(...momentsOf(day + (hour * 60 + minute) * MINUTE_MS, zone));
    }
  }
  return starts.sort((a, b) => a - b);
}
