/** A maintenance window in words. */
import { formatMoment, formatSpan } from "../format";
import type { MaintenanceRule } from "../gateway/outage_contract";

export const WEEKDAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"] as const;

/** `Mon–Fri`, `Sat, Sun`, `every day`: days count from Monday. */
export function daysText(days: readonly number[]): string {
  const sorted = [...new Set(days)].sort((a, b) => a - b);
  if (sorted.length === 7) return "every day";
  const runs: number[][] = [];
  for (const day of sorted) {
    const last = runs[runs.length - 1];
    if (last && last[last.length - 1] === day - 1) last.push(day);
    else runs.push([day]);
  }
  const name = (day: number | undefined) => WEEKDAYS[day ?? -1] ?? "?";
  return runs
    .map((run) =>
      run.length > 2 ? `${name(run[0])}–${name(run[run.length - 1])}` : run.map(name).join(", "),
    )
    .join(", ");
}

export function ruleText(rule: MaintenanceRule, now: number): string {
  switch (rule.kind) {
    case "once":
      return `${formatMoment(rule.from_ms, now)}, for ${formatSpan(rule.to_ms - rule.from_ms)}`;
    case "weekly":
      return `${daysText(rule.days)} at ${rule.start} (${rule.zone}), for ${formatSpan(rule.minutes * 60_000)}`;
    case "cron":
      return `${rule.cron} (${rule.zone}), for ${formatSpan(rule.minutes * 60_000)}`;
  }
}
