/** Who was told, when, and what each attempt was answered. */
import { expect, test } from "vitest";
import type { Attempt, Told } from "../src/alerts/contract";
import { attemptsShown, attemptWords, standing } from "../src/alerts/told_panel";

const NOW = 1_800_000_000_000;

function told(fields: Partial<Told>): Told {
  return {
    id: "1",
    channel: "2",
    channel_name: "ops",
    event: "start",
    state: "delivered",
    failure: null,
    attempts: 1,
    last_answer: "200 thanks",
    created_ms: NOW - 5000,
    delivered_ms: NOW - 4000,
    next_ms: null,
    attempt_log: [],
    ...fields,
  };
}

function attempt(fields: Partial<Attempt>): Attempt {
  return {
    attempt: 1,
    at_ms: NOW - 5000,
    took_ms: 40,
    outcome: "delivered",
    answer: "200 thanks",
    ...fields,
  };
}

test("a first attempt that arrived tells nothing more", () => {
  expect(attemptsShown(told({ attempt_log: [attempt({})] }))).toEqual([]);
  expect(standing(told({}), NOW)).toBe("delivered");
});

test("of what was tried again each attempt is told", () => {
  const log = [
    attempt({ outcome: "retry", answer: "503 busy", took_ms: 12_340 }),
    attempt({ attempt: 2, outcome: "given_up" }),
  ];
  const found = told({ state: "failed", failure: "given_up", attempts: 2, attempt_log: log });
  expect(standing(found, NOW)).toBe("given up: its time is over, attempt 2");
  expect(attemptsShown(found).map(attemptWords)).toEqual([
    "failed after 12.3 s",
    "failed, and given up after 40 ms",
  ]);
});

test("an attempt of which nobody noted the outcome is told", () => {
  const lost = attempt({ outcome: "unknown", took_ms: null, answer: null });
  expect(attemptsShown(told({ attempt_log: [lost] })).map(attemptWords)).toEqual(["no answer was noted"]);
  expect(attemptWords(attempt({ outcome: "under_way", took_ms: null }))).toBe("under way");
});

test("what waits says when it is tried next", () => {
  const waits = told({ state: "pending", attempts: 3, delivered_ms: null, next_ms: NOW + 60_000 });
  expect(standing(waits, NOW)).toMatch(/^pending, attempt 3, next \d/);
  expect(standing({ ...waits, next_ms: NOW - 1 }, NOW)).toBe("pending, attempt 3");
  expect(standing(told({ state: "failed", failure: "permanent" }), NOW)).toContain("disabled");
});
