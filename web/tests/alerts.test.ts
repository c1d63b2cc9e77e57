/** Which alerts people see: what fires, and notices for an hour. */
import { expect, test } from "vitest";
import { AlertBoard, NOTICE_MS } from "../src/alerts/alert_board";
import { alertState, stepWords, whoHasIt } from "../src/alerts/alert_wording";
import type { AlertStep } from "../src/alerts/contract";
import { waitingWords } from "../src/alerts/waiting_table";
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

test("deeds change the alert that fires, and make none", async () => {
  const found = board(alert("1", "firing", NOW));
  await found.load();
  const about = (state: AlertEvent["state"], detail: Record<string, string | number | null>) =>
    found.absorb({ ...event("1", "firing", NOW + 1, "s1"), state, detail });
  about("snoozed", { by: "ann", until_ms: NOW + 60_000 });
  expect(found.list(NOW)[0]).toMatchObject({ state: "firing", snoozed_until_ms: NOW + 60_000 });
  about("acknowledged", { by: "ann" });
  about("assigned", { by: "ann", to: "bob" });
  about("commented", { by: "ann", text: "looking" });
  expect(found.list(NOW)[0]).toMatchObject({
    acknowledged_by: "ann",
    assignee: "bob",
    snoozed_until_ms: null,
  });
  about("unacknowledged", { by: "ann" });
  expect(found.list(NOW)[0]).toMatchObject({ acknowledged_by: null, started_ms: NOW });
  found.absorb({ ...event("9", "firing", NOW, "unknown"), state: "acknowledged" });
  expect(found.list(NOW)).toHaveLength(1);
});

test("an alert says whose it is and how each step went", () => {
  const one = alert("1", "firing", NOW);
  expect(whoHasIt(one, NOW)).toBe("");
  expect(whoHasIt({ ...one, snoozed_until_ms: NOW + 3_600_000 }, NOW)).toBe("put off for 60 min");
  expect(whoHasIt({ ...one, assignee: "bob" }, NOW)).toBe("assigned to bob");
  expect(whoHasIt({ ...one, assignee: "bob", acknowledged_by: "ann" }, NOW)).toBe("taken up by ann");
  const step = (state: AlertStep["state"], detail: AlertStep["detail"]) =>
    stepWords({ state, at_ms: NOW, value: null, detail });
  expect(step("acknowledged", { by: "ann", text: "" })).toBe("Taken up by ann");
  expect(step("assigned", { by: "ann", to: null })).toBe("Assigned to nobody by ann");
  expect(step("resolved", { removed: "rule" })).toBe("It was over: its rule was removed");
  expect(step("firing", { monitor: 4 })).toBe("It began to fire");
});

test("an alert of which nothing is heard stays, and says so, until it is heard of again", async () => {
  const found = board(alert("1", "firing", NOW));
  await found.load();
  const label = () => found.list(NOW).map(alertState);
  found.absorb({ ...event("1", "firing", NOW + 1, "s1"), state: "unknown" });
  expect(label()).toEqual([{ state: "unknown", label: "unknown" }]);
  found.absorb({ ...event("1", "firing", NOW + 2, "s1"), state: "known" });
  expect(label()).toEqual([{ state: "down", label: "firing" }]);
});

test("what waits says why there is no alert", () => {
  expect(waitingWords({ state: "pending", why: null })).toBe("pending");
  expect(waitingWords({ state: "suppressed", why: "maintenance" })).toBe("in maintenance");
  expect(waitingWords({ state: "suppressed", why: "7" })).toBe("endpoint 7 is down");
});
