/** Routes and schedules in words. */
import { formatMoment, formatSpan } from "../format";
import { daysText } from "../maintenance/wording";
import type { AlertRoute, Hours, Schedule, Shift, Step } from "./contract";

/** Names by number; what is gone is told by its number. */
export type Names = ReadonlyMap<number, string>;

export function namesOf(things: readonly { id: string | number; name: string }[]): Names {
  return new Map(things.map(({ id, name }) => [Number(id), name]));
}

function named(names: Names, kind: string, number: number): string {
  return names.get(number) ?? `${kind} ${number}`;
}

export function channelName(channels: Names, number: number): string {
  return named(channels, "channel", number);
}

/** `ops at once`, `whoever is on call of team after 15 min`. */
export function stepText(step: Step, channels: Names, groups: Names, schedules: Names): string {
  const who = [
    ...step.channels.map((one) => channelName(channels, one)),
    ...step.groups.map((one) => `all of ${named(groups, "group", one)}`),
    ...step.schedules.map((one) => `on call of ${named(schedules, "schedule", one)}`),
  ].join(", ");
  return `${who} ${step.after_s === 0 ? "at once" : `after ${formatSpan(step.after_s * 1000)}`}`;
}

export function hoursText(hours: Hours | null): string {
  if (hours === null) return "at any time";
  const { since, until, zone } = hours;
  return `${daysText(hours.days)} ${since}–${until} (${zone})`;
}

/** What a route does beside its steps: `reminds each 60 min, waits 30 s for others`. */
export function mannerText(route: AlertRoute): string {
  const parts = [];
  if (route.remind_s !== null) parts.push(`reminds each ${formatSpan(route.remind_s * 1000)}`);
  if (route.group_s > 0) parts.push(`waits ${formatSpan(route.group_s * 1000)} for others`);
  return parts.join(", ");
}

export function rotationText(schedule: Schedule, channels: Names): string {
  const turns = schedule.rotation.map((one) => channelName(channels, one)).join(", ");
  const each = schedule.days === 1 ? "a day" : `${schedule.days} days`;
  return `${turns}; ${each} each, at ${schedule.handover} (${schedule.zone})`;
}

function untilText(shift: Shift, now: number): string {
  return shift.to_ms === null ? "for ever" : formatMoment(shift.to_ms, now);
}

/** Who is on call, until when in this browser's time, and who then: the first two of the shifts. */
export function nowAndNext(
  shifts: readonly Shift[],
  channels: Names,
  now: number,
): { who: string; until: string; next: string } {
  const [first, second] = shifts;
  if (!first) return { who: "nobody", until: "", next: "" };
  const next = second
    ? `${channelName(channels, second.channel)}, ${second.to_ms === null ? "" : "until "}${untilText(second, now)}`
    : "";
  const taken = first.override ? " (takes over)" : "";
  return { who: `${channelName(channels, first.channel)}${taken}`, until: untilText(first, now), next };
}

/** Seconds as a form shows them, and back: `15m`, `1h`. What is no span goes to the gateway as it stands. */
export function spanText(seconds: number): string {
  for (const [letter, size] of [
    ["h", 3600],
    ["m", 60],
  ] as const) {
    if (seconds > 0 && seconds % size === 0) return `${seconds / size}${letter}`;
  }
  return seconds > 0 ? `${seconds}s` : "0";
}

const UNITS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

export function spanOf(text: string): number | string {
  const found = /^(\d+)\s*([smhd]?)$/.exec(text.trim());
  return found ? Number(found[1]) * (UNITS[found[2] || "s"] ?? 1) : text.trim();
}
