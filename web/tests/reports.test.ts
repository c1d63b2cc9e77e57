/** Reports on the page: who can get them, what is sent, and what became of the last one. */
import { expect, test } from "vitest";
import type { Channel } from "../src/alerts/contract";
import type { ReportDetail, ReportRun } from "../src/reports/contract";
import { ableChannels, kindText, lastText, reportBody } from "../src/reports/report_wording";

const NOW = Date.UTC(2026, 10, 30, 12);
const channel = (id: number, kind: string): Channel => ({
  id,
  name: `c${id}`,
  kind,
  config: {},
  disabled_reason: null,
});

function report(...runs: Partial<ReportRun>[]): ReportDetail {
  const whole = runs.map((run) => ({
    id: "1",
    due_ms: NOW,
    by_hand: null,
    state: "made" as const,
    reason: null,
    notifications: [],
    ...run,
  }));
  return {
    id: 1,
    name: "w",
    kind: "weekly",
    channels: [1],
    when: "0 8 * * mon",
    zone: "UTC",
    next_ms: 1,
    runs: whole,
  };
}

test("reports go through channels that carry messages", () => {
  const found = ableChannels([channel(1, "email"), channel(2, "pagerduty"), channel(3, "webhook")]);
  expect(found.map(({ id }) => id)).toEqual([1, 3]);
});

test("the last one is told by channel, with attempts and the receiver's answer where it did not arrive", () => {
  const notifications = [
    { channel: "mail", state: "delivered" as const, attempts: 2, answer: "250 ok", delivered_ms: NOW },
    { channel: "ops", state: "pending" as const, attempts: 3, answer: "503", delivered_ms: null },
    { channel: "new", state: "pending" as const, attempts: 0, answer: null, delivered_ms: null },
  ];
  const said = lastText(report({ notifications, by_hand: "ann@shop.example" }, { state: "skipped" }), NOW);
  expect(said).toContain(
    ", by ann@shop.example: mail delivered, ops pending after 3 attempts (503), new pending",
  );
});

test("one that was left out says why, and one that was never due says so", () => {
  expect(lastText(report({ state: "skipped", reason: "nobody was there" }), NOW)).toContain(
    ": left out, nobody was there",
  );
  expect(lastText(report({}), NOW)).toContain(": to nobody");
  expect(lastText(report(), NOW)).toBe("Not sent yet");
});

test("what is made has the usual parts, about everything", () => {
  expect(kindText("daily")).toBe("Daily digest");
  expect(kindText("yearly")).toBe("yearly");
  expect(reportBody({ name: "w", channels: [1] })).toEqual({
    name: "w",
    channels: [1],
    parts: [],
    monitors: [],
    match: null,
  });
});
