/** Before and after a release: what the comparison of its two windows says. */
import type { Compared, ComparedSide } from "../gateway/outage_contract";
import { apdexNotation, type Tone } from "./apdex";

export interface Verdict {
  before: string;
  after: string;
  difference: string;
  range: string;
  chance: string;
  tone: Tone;
  words: string;
}

/** Differences that chance alone brings in fewer than one of a hundred comparisons are called out. */
const SIGNIFICANT = 0.01;
const NONE = { satisfied: 0, tolerating: 0, frustrated: 0 };

export function signed(value: number): string {
  return `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(3)}`;
}

/** The gateway's own notation, or the same from its counts. */
function score(side: ComparedSide | null | undefined, targetMs: number): string {
  return side?.display ?? apdexNotation(side ?? NONE, targetMs);
}

export function leftOut(compared: Compared): number {
  return (compared.before?.left_out ?? 0) + (compared.after?.left_out ?? 0);
}

export function verdictOf(compared: Compared, targetMs: number): Verdict {
  const { difference, low, high, p } = compared;
  const known = typeof difference === "number";
  const sure = known && typeof p === "number" && p < SIGNIFICANT;
  const worse = known && difference < 0;
  return {
    before: score(compared.before, targetMs),
    after: score(compared.after, targetMs),
    difference: known ? signed(difference) : "–",
    range: typeof low === "number" && typeof high === "number" ? `${signed(low)} to ${signed(high)}` : "–",
    chance: typeof p !== "number" ? "–" : p < 0.001 ? "p < 0.001" : `p = ${p.toFixed(3)}`,
    tone: sure ? (worse ? "bad" : "ok") : "idle",
    words: !known
      ? "Not enough checks on both sides."
      : sure
        ? `Apdex is ${worse ? "lower" : "higher"} after it. That need not be because of it.`
        : "No difference that chance does not bring as well.",
  };
}
