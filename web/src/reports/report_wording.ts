/** A report in words: what it is, and what became of it the last time. */
import type { Channel } from "../alerts/contract";
import { formatMoment } from "../format";
import type { Report, ReportDetail, ReportRun } from "./contract";

/** Kinds of channels that keep alerts, and nothing else. */
const UNABLE = new Set(["opsgenie", "pagerduty"]);
export const KINDS: readonly (readonly [Report["kind"], string])[] = [
  ["weekly", "Weekly"],
  ["daily", "Daily digest"],
];

export function kindText(kind: string): string {
  return KINDS.find(([known]) => known === kind)?.[1] ?? kind;
}

/** Channels that a report can go through. */
export function ableChannels(channels: readonly Channel[]): Channel[] {
  return channels.filter(({ kind }) => !UNABLE.has(kind));
}

/** What became of the last one: in each channel, or why there was none. */
export function lastText(report: ReportDetail, now: number): string {
  const run = report.runs[0];
  if (run === undefined) return "Not sent yet";
  const head = `${formatMoment(run.due_ms, now)}${run.by_hand === null ? "" : `, by ${run.by_hand}`}`;
  if (run.state === "skipped") return `${head}: left out, ${run.reason ?? ""}`;
  return `${head}: ${deliveryText(run)}`;
}

function deliveryText({ notifications }: ReportRun): string {
  if (notifications.length === 0) return "to nobody";
  return notifications
    .map(({ channel, state, attempts, answer }) => {
      const tried = state !== "delivered" && attempts > 0 ? ` after ${attempts} attempts` : "";
      const said = state === "delivered" || answer === null ? "" : ` (${answer})`;
      return `${channel} ${state}${tried}${said}`;
    })
    .join(", ");
}

/** What the form sends. Numbers of channels come as texts from their boxes. */
export function reportBody(said: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...said, parts: [], monitors: [], match: null };
}
