/** Rules on the page: the fields of a kind, and what rules and backtests say in words. */
import { expect, test } from "vitest";
import type { Backtest, Rule, RuleKind } from "../src/alerts/contract";
import { backtestWords, learnedWords, matchWords, ruleFields, ruleWords } from "../src/alerts/rule_settings";

const THRESHOLD: RuleKind = {
  kind: "threshold",
  means: "A series is beyond a limit.",
  settings: {
    properties: {
      name: { type: "string" },
      channels: { type: "array" },
      severity: { type: "string", enum: ["critical", "warning"], default: "warning" },
      series: { type: "string" },
      above: { anyOf: [{ type: "number" }, { type: "null" }], default: null },
      for_s: { type: "integer", default: 0, description: "how long it must have held" },
    },
    required: ["name", "series"],
  },
};

function rule(fields: Record<string, unknown>): Rule {
  return { id: "1", name: "r", kind: "threshold", severity: "warning", ...fields };
}

test("what says when it fires comes first, and its name has a field of its own", () => {
  const { when, how } = ruleFields(THRESHOLD);
  expect(when.map(({ name, label }) => [name, label])).toEqual([
    ["series", "Series"],
    ["above", "Above"],
    ["for_s", "For (s)"],
  ]);
  expect(how.map(({ name }) => name)).toEqual(["channels", "severity"]);
});

test("a rule says what it is about, its limits, and how long it waits", () => {
  expect(ruleWords(rule({ series: "cpu", above: 0.9, below: null, for_s: 900 }))).toBe(
    "cpu, above 0.9, for 15 min",
  );
  expect(ruleWords(rule({ series: "cpu", outside: [1, 2], for_s: 0 }))).toBe("cpu, outside 1 to 2");
  expect(ruleWords(rule({ expression: "a / b > 1", hosts: '{role="db"}', for_s: 900 }))).toBe(
    'a / b > 1, hosts {role="db"}, for 15 min',
  );
  expect(ruleWords(rule({ monitor: 4 }))).toBe("monitor 4");
  expect(ruleWords(rule({ monitor: null }))).toBe("all");
});

function backtest(fields: Partial<Backtest>, subjects = 2): Backtest {
  const seen = { what: "rollups", from_ms: 0, subjects, readings: 10 };
  return { from_ms: 0, to_ms: 1, looked_at: seen, fired: 0, a_day: 0, firing_s: 0, episodes: [], ...fields };
}

test("a backtest says how often, for how long, and what it has seen", () => {
  expect(backtestWords(backtest({ fired: 3, a_day: 0.43, firing_s: 1500 }))).toBe(
    "It would have fired 3 times (0.43 a day), for 25 min in all; 2 subjects seen.",
  );
  expect(backtestWords(backtest({ fired: 1, a_day: 1, firing_s: 60 }, 1))).toContain("fired once (1 a day)");
  expect(backtestWords(backtest({}))).toBe("It would not have fired; 2 subjects seen.");
  expect(backtestWords(backtest({}, 0))).toContain("Nothing in that time");
  expect(backtestWords(backtest({ unknown: { times: 4, why: "division by zero in a / b" } }))).toBe(
    "It would not have fired; 2 subjects seen. Not known 4 times, the first time because: division by zero in a / b.",
  );
});

test("a rule about anomalies says from what it has learned", () => {
  const none = {
    rule: 4,
    learned_ms: null,
    threshold: null,
    weeks: null,
    series: null,
    unready: null,
    left_out: null,
  };
  expect(learnedWords(none)).toBe("learning");
  const learned = { ...none, learned_ms: 1, threshold: 1.4, weeks: 4, series: 12, unready: 0, left_out: 0 };
  expect(learnedWords(learned)).toBe("learned from 12 series over 4 weeks");
  expect(learnedWords({ ...learned, unready: 3, left_out: 5 })).toBe(
    "learned from 12 series over 4 weeks, 3 not ready, 5 left out",
  );
  expect(learnedWords({ ...learned, series: 0, unready: 3 })).toBe("nothing learned yet, 3 not ready");
});

test("a rule says what it is about now, and what there is to be warned of", () => {
  const some = {
    subjects: 7,
    what: "series",
    everything: false,
    examples: ["a/cpu", "b/cpu"],
    warning: null,
  };
  expect(matchWords(some)).toBe("Matches 7 series: a/cpu, b/cpu, …");
  expect(matchWords({ ...some, subjects: 2 })).toBe("Matches 2 series: a/cpu, b/cpu.");
  const all = { ...some, subjects: 2, everything: true, warning: "matches everything: all 2 series" };
  expect(matchWords(all)).toBe(
    "Matches all 2 series: a/cpu, b/cpu. Warning: matches everything: all 2 series.",
  );
  const none = { ...some, subjects: 0, examples: [], warning: "matches nothing now" };
  expect(matchWords(none)).toBe("Warning: matches nothing now.");
});
