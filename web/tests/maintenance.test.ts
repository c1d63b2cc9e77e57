import { describe, expect, test } from "vitest";
import type { MaintenanceRule } from "../src/gateway/outage_contract";
import { parseCron } from "../src/maintenance/cron";
import { previewText } from "../src/maintenance/maintenance_form";
import { joined, nextOccurrence, occurrencesIn } from "../src/maintenance/occurrences";
import { daysText, ruleText } from "../src/maintenance/wording";
import { knownZone, localReading, momentsOf } from "../src/maintenance/zone";

const at = (text: string) => Date.parse(text);
const weekly = (more: Partial<MaintenanceRule & { kind: "weekly" }> = {}): MaintenanceRule => ({
  kind: "weekly",
  days: [0, 1, 2, 3, 4],
  start: "02:30",
  minutes: 45,
  zone: "Europe/Berlin",
  ...more,
});
const cron = (text: string, minutes = 10, zone = "UTC"): MaintenanceRule => ({
  kind: "cron",
  cron: text,
  minutes,
  zone,
});

describe("cron expressions", () => {
  test("lists, ranges, steps and names are read", () => {
    const found = parseCron("*/20 8-10,22 1 jan-mar mon-fri");
    expect([...(found?.minutes ?? [])]).toEqual([0, 20, 40]);
    expect([...(found?.hours ?? [])]).toEqual([8, 9, 10, 22]);
    expect([...(found?.months ?? [])]).toEqual([1, 2, 3]);
    expect([...(found?.weekdays ?? [])]).toEqual([1, 2, 3, 4, 5]);
    expect(found?.either).toBe(true);
    expect([...(parseCron("5/30 0 * * 7")?.minutes ?? [])]).toEqual([5, 35]);
    expect([...(parseCron("0 0 * * 7")?.weekdays ?? [])]).toEqual([0]);
  });

  test("what the gateway refuses is none here either", () => {
    for (const text of [
      "",
      "* * * *",
      "60 * * * *",
      "5-1 * * * *",
      "*/0 * * * *",
      "a * * * *",
      "0 0 0 * *",
    ]) {
      expect(parseCron(text)).toBeNull();
    }
  });
});

describe("occurrences", () => {
  test("a weekly window follows the local time of its zone", () => {
    const found = occurrencesIn(weekly(), at("2026-11-28T00:00Z"), at("2026-12-02T00:00Z"));
    expect(found.map(({ from }) => new Date(from).toISOString())).toEqual([
      "2026-11-30T01:30:00.000Z",
      "2026-12-01T01:30:00.000Z",
    ]);
    expect(found[0]).toMatchObject({ to: at("2026-11-30T02:15Z") });
  });

  test("a time that the clocks leave out does not come, one that they repeat comes twice", () => {
    const spring = weekly({ days: [6] });
    expect(occurrencesIn(spring, at("2026-03-28T12:00Z"), at("2026-03-29T12:00Z"))).toEqual([]);
    const autumn = occurrencesIn(spring, at("2026-10-24T12:00Z"), at("2026-10-25T12:00Z"));
    expect(autumn.map(({ from }) => new Date(from).toISOString())).toEqual([
      "2026-10-25T00:30:00.000Z",
      "2026-10-25T01:30:00.000Z",
    ]);
  });

  test("one that began before the range and goes on is in it", () => {
    const long = cron("0 22 * * *", 240);
    const found = occurrencesIn(long, at("2026-11-27T01:00Z"), at("2026-11-27T01:30Z"));
    expect(found).toEqual([{ from: at("2026-11-26T22:00Z"), to: at("2026-11-27T02:00Z") }]);
    expect(occurrencesIn(long, at("2026-11-27T02:00Z"), at("2026-11-27T02:30Z"))).toEqual([]);
  });

  test("days of the month and of the week: either will do", () => {
    const rule = cron("0 12 1 * mon");
    const found = occurrencesIn(rule, at("2026-11-29T00:00Z"), at("2026-12-03T00:00Z"));
    expect(found.map(({ from }) => new Date(from).getUTCDate())).toEqual([30, 1]);
  });

  test("the next one may be far away, or never come", () => {
    expect(nextOccurrence(cron("0 0 29 5 *"), at("2026-11-27T00:00Z"))?.from).toBe(at("2027-05-29T00:00Z"));
    expect(nextOccurrence(cron("0 0 31 2 *"), at("2026-11-27T00:00Z"))).toBeNull();
    const once: MaintenanceRule = { kind: "once", from_ms: 100, to_ms: 200 };
    expect(nextOccurrence(once, 150)).toEqual({ from: 100, to: 200 });
    expect(nextOccurrence(once, 200)).toBeNull();
  });

  test("a rule that comes every minute is bounded", () => {
    const found = occurrencesIn(cron("* * * * *", 1), 0, 90 * 86_400_000);
    expect(found.length).toBeLessThanOrEqual(2_000);
  });

  test("what touches becomes one stretch", () => {
    const stretches = [
      { from: 5, to: 9 },
      { from: 0, to: 5 },
      { from: 20, to: 30 },
    ];
    expect(joined(stretches)).toEqual([
      { from: 0, to: 9 },
      { from: 20, to: 30 },
    ]);
  });
});

describe("zones", () => {
  test("a reading is found again, and unknown zones are told", () => {
    const reading = localReading(at("2026-07-01T12:00Z"), "Asia/Kolkata");
    expect(new Date(reading).toISOString()).toBe("2026-07-01T17:30:00.000Z");
    expect(momentsOf(reading, "Asia/Kolkata")).toEqual([at("2026-07-01T12:00Z")]);
    expect(knownZone("Mars/Olympus")).toBe(false);
  });
});

describe("words", () => {
  test("days in a row become a range", () => {
    expect(daysText([0, 1, 2, 3, 4])).toBe("Mon–Fri");
    expect(daysText([5, 6])).toBe("Sat, Sun");
    expect(daysText([6, 0, 2])).toBe("Mon, Wed, Sun");
    expect(daysText([0, 1, 2, 3, 4, 5, 6])).toBe("every day");
  });

  test("a rule says when and for how long", () => {
    expect(ruleText(weekly(), 0)).toBe("Mon–Fri at 02:30 (Europe/Berlin), for 45 min");
    expect(ruleText(cron("5 4 * * sun", 120), 0)).toBe("5 4 * * sun (UTC), for 2 h");
  });

  test("the form tells when it would hold, and says nothing of what is not whole", () => {
    const now = at("2026-11-27T00:00Z");
    expect(previewText(weekly(), now)).toContain("Holds next from");
    expect(previewText(weekly({ days: [] }), now)).toBe("");
    expect(previewText(weekly({ zone: "Nowhere" }), now)).toBe("");
    expect(previewText({ kind: "cron" } as unknown as MaintenanceRule, now)).toBe("");
    expect(previewText({ kind: "once", from_ms: 1, to_ms: 2 }, now)).toBe("That is over.");
    expect(previewText({ kind: "once", from_ms: now - 1, to_ms: now + 1 }, now)).toContain("Holds now");
  });
});
