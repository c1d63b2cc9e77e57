/** How an Apdex score looks. The number is always the gateway's own string, such as `0.95 [0.5]`. */

import { NOTHING } from "../format";
import type { Apdex } from "../gateway/contract";

export type Tone = "ok" | "warn" | "bad" | "idle";

/** Ratings of the Apdex specification 1.1: the lower bound of each band. */
const BANDS: readonly [number, string, Tone][] = [
  [0.94, "Excellent", "ok"],
  [0.85, "Good", "ok"],
  [0.7, "Fair", "warn"],
  [0.5, "Poor", "warn"],
  [0, "Unacceptable", "bad"],
];

export function apdexText(apdex: Apdex | null | undefined): string {
  return apdex?.display || NOTHING;
}

export function apdexBand(apdex: Apdex | null | undefined): string | null {
  if (!apdex || apdex.score === null) return null;
  return apdex.band ?? bandOf(apdex.score)?.[1] ?? null;
}

export function apdexTone(apdex: Apdex | null | undefined): Tone {
  if (!apdex || apdex.score === null) return "idle";
  const named = BANDS.find(([, name]) => name.toLowerCase() === apdex.band?.toLowerCase());
  return (named ?? bandOf(apdex.score))?.[2] ?? "idle";
}

/** For a tooltip: the rating, and on how many checks it stands. */
export function apdexTitle(apdex: Apdex | null | undefined): string {
  if (!apdex || apdex.score === null) return "No checks yet";
  return `${apdexBand(apdex) ?? "Apdex"}, from ${apdex.count} checks`;
}

function bandOf(score: number): readonly [number, string, Tone] | undefined {
  return BANDS.find(([from]) => score >= from);
}

const FULL_SAMPLE = 100;

/**
 * The specification's notation from counts: `0.85 [0.5]`, `0.85* [0.5]` from fewer than 100 checks, `NS [0.5]` from
 * none. Rounded half up, in integers.
 */
export function apdexNotation(
  counts: { satisfied: number; tolerating: number; frustrated: number },
  targetMs: number,
): string {
  const seconds = targetMs / 1000;
  const target = Number.isInteger(seconds) ? `[${seconds}.0]` : `[${seconds}]`;
  const count = counts.satisfied + counts.tolerating + counts.frustrated;
  if (count === 0) return `NS ${target}`;
  const halves = 2 * counts.satisfied + counts.tolerating;
  const hundredths = Math.floor((halves * 100 + count) / (2 * count));
  const score = `${Math.floor(hundredths / 100)}.${String(hundredths % 100).padStart(2, "0")}`;
  return `${score}${count < FULL_SAMPLE ? "*" : ""} ${target}`;
}
