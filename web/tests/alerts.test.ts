/** Which alerts people see: what fires, and notices for an hour. */
import { expect, test } from "vitest";
import { AlertBoard, NOTICE_MS } from "../src/alerts/alert_board";
import type { Alert, AlertEvent, AlertState } from "../src/gateway/contract";

const NOW = 1_800_000_000_000;

function alert(id: string, state: AlertState, started_ms: number): Alert {
  return { id, rule_name: "r", subject: `s${id}`, state, started_ms, ended_ms: null, title: id, value: null };
}

function event(id: string, state: AlertState, at: number, subject: string): AlertEvent {
  return { id: `t${id}`, alert: id, rule_name: "r", subject, state, at, title: id, detail: { body: "look" } };
}

function board(...alerts: Alert[]): AlertBoard {
  return new AlertBoard({ alerts: async (state) => alerts.filter((one) => one.state === state) });
}

test("what fires comes first, then the notices of the last hour, each newest first", async () => {
  const found = board(
    alert("1", "firing", NOW - 9e7),
    alert("2", "firing", NOW - 10),
    alert("3", "notice", NOW - 50),
    alert("4", "notice", NOW - 5),
    alert("5", "notice", NOW - NOTICE_MS),
  );
  await found.load();
  expect(found.list(NOW).map((one) => one.id)).toEqual(["2", "1", "4", "3"]);
  expect(found.list(NOW + NOTICE_MS).map((one) => one.id)).toEqual(["2", "1"]);
});

test("two notices of one plugin are two; an alert of a rule and a subject is one until it ends", async () => {
  const found = board();
  for (const id of ["1", "2"]) found.absorb(event(id, "notice", NOW, "plugin:web-1/nginx"));
  for (const id of ["3", "4"]) found.absorb(event(id, "firing", NOW, "source:web-1"));
  expect(found.list(NOW).map((one) => [one.id, one.body])).toEqual([
    ["3", undefined],
    ["1", "look"],
    ["2", "look"],
  ]);
  found.absorb(event("3", "resolved", NOW, "source:web-1"));
  expect(found.list(NOW).map((one) => one.id)).toEqual(["1", "2"]);
  expect(found.firing.size).toBe(0);
});
