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
