/** Situations in words: why an alert belongs, what changed and where it is seen, what happened. */
import { expect, test } from "vitest";
import { readRoute, situationAddress, situationsAddress } from "../src/route";
import type { Change, Member, Situation, Step } from "../src/situations/contract";
import {
  becauseOf,
  changeAddress,
  changeNumbers,
  scoreWords,
  situationCount,
  situationState,
  stepHead,
  stepTone,
} from "../src/situations/situation_wording";

const CHANGE: Change = {
  kind: "series",
  title: "web-1: heap.bytes",
  at_ms: 0,
  score: 0.77,
  size: 0.77,
  nearness: 1,
  kin: "own",
  kinship: 1,
  before: 102,
  after: 918,
  deviation: 20,
  source: "web 1",
};

function member(what: string, which: string): Member {
  return { because: { what, which, alert: "1" } } as Member;
}

function step(what: string, more: Partial<Step> = {}): Step {
  return { at_ms: 0, what, title: "t", by: null, text: null, alert: null, ...more };
}

test("it says how many of its alerts fire, or that it is over", () => {
  const situation = { state: "open", firing: 2 } as Situation;
  expect(situationState(situation)).toEqual({ state: "down", label: "2 firing" });
  expect(situationState({ ...situation, state: "ended" })).toEqual({ state: "ended", label: "over" });
});

test("an alert says by what it belongs there", () => {
  expect(becauseOf({ because: null } as Member)).toBe("");
  expect(becauseOf(member("subject", "source:web-1"))).toBe("the same subject");
  expect(becauseOf(member("parent", "shop"))).toBe("depends on shop");
  expect(becauseOf(member("rule", "Host silent"))).toBe("the same rule, minutes apart: Host silent");
  expect(becauseOf(member("something new", "x"))).toBe("something new x");
});

test("a score tells what it is made of", () => {
  expect(scoreWords(CHANGE)).toBe(
    "size 0.77 × nearness 1.00 × kinship 1.0 (of its own); moved by 20.0 spreads",
  );
  const { deviation: _, ...marker } = CHANGE;
  expect(scoreWords({ ...marker, kin: "other", kinship: 0.4 })).toBe(
    "size 0.77 × nearness 1.00 × kinship 0.4 (elsewhere)",
  );
});

test("numbers have the unit of what is measured", () => {
  expect(changeNumbers(CHANGE)).toBe("102 → 918");
  expect(changeNumbers({ ...CHANGE, measure: "failures", before: 0, after: 0.5 })).toBe("0.0 % → 50.0 %");
  expect(changeNumbers({ ...CHANGE, measure: "time_ms", before: 100, after: 1500 })).toBe("100 ms → 1.50 s");
  expect(changeNumbers({ ...CHANGE, before: null, after: null })).toBe("");
  expect(changeNumbers({ ...CHANGE, before: null, after: 0.4 })).toBe("– → 0.40");
});

test("every change leads to the page that shows more of it", () => {
  const about = (kind: Change["kind"], more: Partial<Change>) => changeAddress({ ...CHANGE, kind, ...more });
  expect(about("series", {})).toBe("#/hosts/web%201");
  expect(about("endpoint", { monitor: 4 })).toBe("#/endpoints/4");
  expect(about("alert", { id: "-7" })).toBe("#/alerts/-7");
  expect(about("outage", { id: "8" })).toBe("#/incidents/8");
  expect(about("drift", { id: 3 })).toBe("#/models/3");
  expect(about("change", { what: "monitor", id: "4" })).toBe("#/endpoints/4");
  expect(about("change", { what: "model version", id: "3" })).toBe("#/models/3");
  expect(about("change", { what: "boot", id: "web 1" })).toBe("#/hosts/web%201");
  expect(about("change", { what: "rule", id: "4" })).toBeNull();
  expect(about("marker", { id: 2, url: "https://ci.example/42" })).toBe("https://ci.example/42");
  expect(about("marker", { id: 2, url: null })).toBeNull();
});

test("steps say what happened, and who did it", () => {
  expect(stepHead(step("acknowledged", { by: "ann" }))).toBe("Taken up by ann");
  expect(stepHead(step("outage", { vote: "confirmed", location: "fra-1" }))).toBe(
    "Outage: confirmed at fra-1",
  );
  expect(stepHead(step("message failed"))).toBe("Message failed");
  expect(["start", "end", "message failed", "unknown"].map((what) => stepTone(step(what)))).toEqual([
    "bad",
    "ok",
    "warn",
    "warn",
  ]);
  expect(stepTone(step("outage", { vote: "recovered" }))).toBe("ok");
});

test("situations have addresses", () => {
  expect(readRoute(situationAddress("-7"))).toEqual({ page: "situation", id: "-7" });
  expect(readRoute(situationsAddress("open", "24h"))).toEqual({
    page: "situations",
    state: "open",
    range: "24h",
  });
  expect(readRoute(situationsAddress())).toEqual({ page: "situations", state: null, range: null });
});

test("it is said when not all alerts were looked at", () => {
  expect(situationCount(12, false)).toBe("12");
  expect(situationCount(12, true)).toBe("12; there are so many alerts that only the newest were looked at");
});
