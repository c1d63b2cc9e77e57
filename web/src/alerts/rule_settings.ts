/** The fields of a kind of rule as a form shows them, and what a rule and its backtest say in words. */

import { formatSpan } from "../format";
import { areaControl } from "../forms/control";
import type { FieldSpec } from "../forms/form";
import { fieldOf, type Setting, settingsOf } from "./channel_settings";
import type { Backtest, Learned, Matches, Rule, RuleKind } from "./contract";

const LATER = new Set(["channels", "groups", "severity", "runbook", "title", "body"]);
const LONG = new Set(["body", "expression"]);
/** What `fieldOf` calls them is what channels have: here are words of their own. */
const LABELS: Record<string, string> = {
  for_s: "For (s)",
  clear_for_s: "Clear for (s)",
  window_s: "Window (s)",
  within_s: "Within (s)",
};

function specOf(setting: Setting): FieldSpec {
  if (LONG.has(setting.name)) {
    const { name, label, hint } = setting;
    return { name, label, hint, wide: true, make: () => areaControl(name, { empty: undefined }) };
  }
  const label = LABELS[setting.name];
  return fieldOf(label === undefined ? setting : { ...setting, label });
}

/** Those that say when it fires, and those that say how it is told. */
export function ruleFields(kind: RuleKind): { when: FieldSpec[]; how: FieldSpec[] } {
  const all = settingsOf(kind).filter(({ name }) => name !== "name");
  return {
    when: all.filter(({ name }) => !LATER.has(name)).map(specOf),
    how: all.filter(({ name }) => LATER.has(name)).map(specOf),
  };
}

const BARE = new Set(["series", "expression"]);
const SHOWN = [
  "series",
  "expression",
  "hosts",
  "monitor",
  "monitors",
  "model",
  "models",
  "feature",
  "metric",
  "source",
  "plugin",
  "flag",
];
const LIMITS = ["above", "below", "outside", "by"];

/** `disk.used_ratio, above 0.9, for 15 min`. */
export function ruleWords(rule: Rule): string {
  const given = (name: string) => rule[name] !== null && rule[name] !== undefined;
  const parts = [
    ...SHOWN.filter(given).map((name) => (BARE.has(name) ? String(rule[name]) : `${name} ${rule[name]}`)),
    ...LIMITS.filter(given).map((name) => `${name} ${[rule[name]].flat().join(" to ")}`),
  ];
  const wait = rule["for_s"];
  if (typeof wait === "number" && wait > 0) parts.push(`for ${formatSpan(wait * 1000)}`);
  return parts.length > 0 ? parts.join(", ") : "all";
}

/** `learned from 12 series over 4 weeks, 3 not ready`: how a rule about anomalies stands. */
export function learnedWords(learned: Learned): string {
  if (learned.learned_ms === null) return "learning";
  const series = learned.series ?? 0;
  const beside = [
    learned.unready ? `${learned.unready} not ready` : "",
    learned.left_out ? `${learned.left_out} left out` : "",
  ].filter((part) => part !== "");
  if (series === 0) return ["nothing learned yet", ...beside].join(", ");
  const from = `learned from ${series} series over ${learned.weeks} weeks`;
  return [from, ...beside].join(", ");
}

/** `Matches 7 series: web/cpu, db/cpu, …`, or what there is to be warned of. */
export function matchWords(found: Matches): string {
  const warning = found.warning === null ? "" : `Warning: ${found.warning}.`;
  if (found.subjects === 0) return warning;
  const more = found.subjects > found.examples.length ? ", …" : ".";
  const many = `${found.everything ? "all " : ""}${found.subjects}`;
  return `Matches ${many} ${found.what}: ${found.examples.join(", ")}${more} ${warning}`.trimEnd();
}

/** `Would have fired 3 times (0.4 a day), for 25 min in all.` */
export function backtestWords(found: Backtest): string {
  const seen = found.looked_at;
  if (seen.subjects === 0) return "Nothing in that time is what the rule is about.";
  const unknown = found.unknown
    ? ` Not known ${found.unknown.times} times, the first time because: ${found.unknown.why}.`
    : "";
  const about = `${seen.subjects} ${seen.subjects === 1 ? "subject" : "subjects"} seen`;
  if (found.fired === 0) return `It would not have fired; ${about}.${unknown}`;
  const times = found.fired === 1 ? "once" : `${found.fired} times`;
  const lasted = formatSpan(found.firing_s * 1000);
  return `It would have fired ${times} (${found.a_day} a day), for ${lasted} in all; ${about}.${unknown}`;
}
