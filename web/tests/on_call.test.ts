/** Who is on call and who is told, on the page: what is said in words, and what forms send. */
import { expect, test } from "vitest";
import { formatMoment } from "../src/format";
import type { AlertRoute, Shift } from "../src/oncall/contract";
import { OnCallGateway } from "../src/oncall/on_call_gateway";
import { routeBody, routeValues } from "../src/oncall/route_form";
import { nextStep, stepOf, stepOptions } from "../src/oncall/steps_control";
import { takeoverBody } from "../src/oncall/takeover_form";
import {
  hoursText,
  mannerText,
  nowAndNext,
  rotationText,
  spanOf,
  spanText,
  stepText,
} from "../src/oncall/wording";

const NOW = Date.UTC(2026, 10, 30, 12);
const HOUR = 3_600_000;
const CHANNELS = new Map([
  [1, "ops"],
  [2, "ann"],
]);
const GROUPS = new Map([[4, "shop team"]]);
const SCHEDULES = new Map([[7, "team"]]);
const NIGHTS = { days: [0, 1, 2, 3, 4], since: "18:00", until: "08:00", zone: "Europe/Berlin" };
const ROUTE: AlertRoute = {
  id: 5,
  name: "nights",
  position: 3,
  match: '{severity="critical"}',
  hours: NIGHTS,
  steps: [{ after_s: 0, channels: [1], groups: [], schedules: [] }],
  remind_s: 3600,
  group_s: 30,
};

function shift(channel: number, from: number, to: number | null, override = false): Shift {
  return { channel, from_ms: NOW + from * HOUR, to_ms: to === null ? null : NOW + to * HOUR, override };
}

test("a step says who and after how long; what is gone is told by its number", () => {
  expect(
    stepText({ after_s: 0, channels: [1, 2], groups: [], schedules: [] }, CHANNELS, GROUPS, SCHEDULES),
  ).toBe("ops, ann at once");
  expect(
    stepText({ after_s: 900, channels: [9], groups: [4], schedules: [7] }, CHANNELS, GROUPS, SCHEDULES),
  ).toBe("channel 9, all of shop team, on call of team after 15 min");
});

test("a route says its hours and its manner", () => {
  expect(hoursText(null)).toBe("at any time");
  expect(hoursText(NIGHTS)).toBe("Mon–Fri 18:00–08:00 (Europe/Berlin)");
  expect(mannerText(ROUTE)).toBe("reminds each 60 min, waits 30 s for others");
  expect(mannerText({ ...ROUTE, remind_s: null, group_s: 0 })).toBe("");
});

test("it is said who is on call, until when, and who then", () => {
  const shifts = [shift(2, 0, 8, true), shift(1, 8, 20), shift(2, 20, 40)];
  expect(nowAndNext(shifts, CHANNELS, NOW)).toEqual({
    who: "ann (takes over)",
    until: `${formatMoment(NOW + 8 * HOUR, NOW)}`,
    next: `ops, until ${formatMoment(NOW + 20 * HOUR, NOW)}`,
  });
  expect(nowAndNext([shift(1, 0, null)], CHANNELS, NOW)).toEqual({
    who: "ops",
    until: "for ever",
    next: "",
  });
  expect(nowAndNext([], CHANNELS, NOW).who).toBe("nobody");
});

test("a rotation says its turns", () => {
  const schedule = {
    id: 7,
    name: "team",
    rotation: [1, 2],
    days: 7,
    first: "2026-11-30",
    handover: "09:00",
    zone: "UTC",
    overrides: [],
    on_call: 1,
  };
  expect(rotationText(schedule, CHANNELS)).toBe("ops, ann; 7 days each, at 09:00 (UTC)");
  expect(rotationText({ ...schedule, days: 1 }, CHANNELS)).toContain("; a day each");
});

test("spans are read as they are written, and what is none goes to the gateway as it stands", () => {
  for (const seconds of [0, 30, 60, 900, 3600, 5400, 86_400]) {
    expect(spanOf(spanText(seconds))).toBe(seconds);
  }
  expect([spanText(900), spanText(7200), spanText(90)]).toEqual(["15m", "2h", "90s"]);
  expect([spanOf(" 2d "), spanOf("45"), spanOf("soon"), spanOf("")]).toEqual([172_800, 45, "soon", ""]);
});

test("a route is sent as it was read, and its hours only where it has some", () => {
  const { id, ...definition } = ROUTE;
  const { days, since, until, zone, always, name, position, match, steps, remind_s, group_s } = routeValues(
    ROUTE,
    [],
  );
  const said = { days, since, until, zone, always, name, position, match, steps, remind_s, group_s };
  expect(routeBody(said)).toEqual(definition);
  expect(routeBody({ ...said, always: "yes" })["hours"]).toBeNull();
  expect(routeBody({ ...said, zone: undefined })["hours"]).toEqual({
    days: NIGHTS.days,
    since: "18:00",
    until: "08:00",
  });
});

test("a new route tells the first channel at once, and a new step comes a quarter of an hour later", () => {
  const ops = { id: "1", name: "ops", kind: "webhook", disabled_reason: null };
  const [first] = routeValues(undefined, [ops])["steps"] as AlertRoute["steps"];
  expect(first).toEqual({ after_s: 0, channels: [1], groups: [], schedules: [] });
  expect(routeValues(undefined, [])["steps"]).toEqual([]);
  expect(nextStep([])).toEqual({ after_s: 0, channels: [], groups: [], schedules: [] });
  expect(nextStep(first ? [first] : [])).toEqual({ after_s: 900, channels: [], groups: [], schedules: [] });
});

test("a step of the form names what it named: channels, groups and schedules", () => {
  const named = (id: number, name: string) => ({ id, name });
  const choices = {
    channels: [1, 2].map((id) => ({ ...named(id, `c${id}`), kind: "webhook", disabled_reason: null })),
    groups: [4, 1].map((id) => ({ ...named(id, `g${id}`), channels: [2] })),
    schedules: [],
  };
  const step = { after_s: 900, channels: [2], groups: [4], schedules: [] };
  const options = stepOptions(step, choices);
  expect(options.map(({ label }) => label)).toEqual(["c1", "c2", "all of g4", "all of g1"]);
  expect(
    stepOf(
      900,
      options.filter(({ chosen }) => chosen),
    ),
  ).toEqual(step);
});

test("who takes over is sent as a number", () => {
  expect(takeoverBody({ channel: "2", to_ms: NOW })).toEqual({ channel: 2, to_ms: NOW });
});

test("an override is ended by its times and its channel, and a definition is replaced in its place", async () => {
  const asked: [string, string | undefined][] = [];
  const gateway = new OnCallGateway({
    ask: async (path: string, request: { method?: string }) => {
      asked.push([path, request.method]);
      return { shifts: [] };
    },
  } as never);
  await gateway.giveBack(7, { from_ms: 1, to_ms: 2, channel: 3 });
  await gateway.save("routes", {});
  await gateway.save("schedules", {}, 7);
  expect(await gateway.shifts(7)).toEqual([]);
  expect(asked).toEqual([
    ["/v1/schedules/7/overrides?from_ms=1&to_ms=2&channel=3", "DELETE"],
    ["/v1/routes", "POST"],
    ["/v1/schedules/7", "PUT"],
    ["/v1/schedules/7/shifts?days=366", undefined],
  ]);
});
