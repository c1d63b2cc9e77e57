import { describe, expect, test } from "vitest";
import { placed } from "../src/charts/lanes";
import { markNear } from "../src/charts/marks";
import { apdexNotation } from "../src/endpoints/apdex";
import { verdictOf } from "../src/endpoints/comparison";
import { lastFailures } from "../src/endpoints/failure_panel";
import { marksOf } from "../src/endpoints/happenings";
import { expectedText, signalText } from "../src/endpoints/heartbeat_panel";
import { median, phasesOfChecks, phasesOfHistory } from "../src/endpoints/phases";
import { ballotOf, stateOf, tallyOf, tallyText } from "../src/endpoints/standing";
import { changeText, learningText, smallestOf } from "../src/endpoints/trend_panel";
import type { CheckResult, LocationState, Monitor, MonitorHistory } from "../src/gateway/contract";
import type { Incident, IncidentDetail } from "../src/gateway/outage_contract";
import { evidenceEntries } from "../src/incidents/evidence";
import { confirmation, incidentState, sinceStart, stepText } from "../src/incidents/incident_wording";

const NOW = 1_000_000_000;
const place = (location: string, outcome: LocationState["outcome"], at_ms = NOW - 1_000): LocationState => ({
  location,
  outcome,
  at_ms,
  since_ms: null,
  total_ms: 5,
  status: null,
  error: null,
});
const monitor = (places: LocationState[], more: Partial<Monitor> = {}): Monitor => ({
  id: 5,
  name: "Shop",
  kind: "http",
  url: "https://shop.example",
  interval_s: 60,
  timeout_s: 10,
  apdex_t_ms: 500,
  paused: false,
  state: "down",
  places,
  apdex: null,
  uptime_24h: null,
  ...more,
});
const incident = (more: Partial<Incident> = {}): Incident => ({
  id: "-9",
  monitor: 5,
  monitor_name: "Shop",
  state: "partial",
  severity: "partial",
  cause: "status",
  error: "status: 500",
  started_ms: NOW - 60_000,
  confirmed_ms: null,
  ended_ms: null,
  maintenance: false,
  suppressed_by: null,
  ...more,
});

describe("where an endpoint stands", () => {
  test("fewer failing locations than the quorum are partial, the quorum is down", () => {
    const one = monitor([place("fra", "down"), place("iad", "up"), place("sin", "up")]);
    expect(stateOf(one, undefined, NOW)).toBe("partial");
    const two = monitor([place("fra", "down"), place("iad", "down"), place("sin", "up")]);
    expect(stateOf(two, undefined, NOW)).toBe("down");
    expect(stateOf({ ...two, quorum: 3 }, undefined, NOW)).toBe("partial");
  });

  test("a location that is alone is down once its incident is confirmed", () => {
    const alone = monitor([place("fra", "down")]);
    expect(stateOf(alone, incident({ state: "partial" }), NOW)).toBe("partial");
    expect(stateOf(alone, incident({ state: "down" }), NOW)).toBe("down");
    expect(stateOf(alone, undefined, NOW)).toBe("down");
  });

  test("other states are the gateway's", () => {
    for (const state of ["up", "degraded", "paused", "unknown", "partial"] as const) {
      expect(stateOf(monitor([place("fra", "down")], { state }), undefined, NOW)).toBe(state);
    }
  });

  test("a location that has fallen silent has no vote, and so does a paused endpoint's", () => {
    const old = place("iad", "down", NOW - 300_000);
    const found = monitor([place("fra", "up"), old]);
    expect(ballotOf(found, old, NOW)).toBe("silent");
    expect(tallyOf(found, NOW)).toEqual({ failing: 0, voting: 1, needed: 1 });
    expect(ballotOf({ ...found, paused: true }, place("fra", "up"), NOW)).toBe("silent");
  });

  test("the votes are told in words", () => {
    expect(tallyText({ failing: 1, voting: 3, needed: 2 })).toBe("1 of 3 locations fails; down from 2");
    expect(tallyText({ failing: 2, voting: 3, needed: 2 })).toContain("so it is");
    expect(tallyText({ failing: 0, voting: 1, needed: 1 })).toBe("No failure at 1 location");
    expect(tallyText({ failing: 0, voting: 0, needed: 1 })).toContain("No location");
  });
});

describe("Apdex notation", () => {
  const counts = (satisfied: number, tolerating: number, frustrated: number) => ({
    satisfied,
    tolerating,
    frustrated,
  });

  test("rounds half up in integers, as the specification's examples do", () => {
    expect(apdexNotation(counts(4200, 650, 150), 500)).toBe("0.91 [0.5]");
    expect(apdexNotation(counts(8500, 1200, 300), 2000)).toBe("0.91 [2.0]");
    expect(apdexNotation(counts(100, 0, 0), 500)).toBe("1.00 [0.5]");
  });

  test("few checks get an asterisk, none get NS", () => {
    expect(apdexNotation(counts(85, 0, 14), 500)).toBe("0.86* [0.5]");
    expect(apdexNotation(counts(0, 0, 0), 25)).toBe("NS [0.025]");
  });
});

describe("before and after a release", () => {
  const sides = {
    monitor: 5,
    before: { satisfied: 190, tolerating: 10, frustrated: 0 },
    after: { satisfied: 150, tolerating: 20, frustrated: 30 },
  };

  test("a sure difference is called out, one that chance brings is not", () => {
    const sure = verdictOf({ ...sides, difference: -0.175, low: -0.23, high: -0.12, p: 0.0001 }, 500);
    expect(sure).toMatchObject({
      tone: "bad",
      chance: "p < 0.001",
      before: "0.98 [0.5]",
      difference: "−0.175",
    });
    const chance = verdictOf({ ...sides, difference: 0.01, low: -0.02, high: 0.04, p: 0.4 }, 500);
    expect(chance).toMatchObject({ tone: "idle", range: "−0.020 to +0.040", chance: "p = 0.400" });
  });

  test("an answer without numbers says that it has none", () => {
    expect(verdictOf({ monitor: 5 }, 500)).toMatchObject({
      before: "NS [0.5]",
      difference: "–",
      tone: "idle",
    });
  });
});

describe("incidents in words", () => {
  test("one that is over says what it had been", () => {
    expect(incidentState(incident()).label).toBe("Partial");
    expect(incidentState(incident({ state: "down" })).label).toBe("Down");
    expect(incidentState(incident({ state: "ended", ended_ms: NOW })).label).toBe("Was partial");
    const confirmed = incident({ state: "ended", ended_ms: NOW, confirmed_ms: NOW - 59_800 });
    expect(incidentState(confirmed)).toEqual({ state: "ended", label: "Was down" });
    expect(confirmation(confirmed)).toBe("after 0.2 s");
    expect(confirmation(incident())).toBe("not yet");
  });

  test("steps of the timeline are sentences, those of newer gateways too", () => {
    expect(stepText({ at_ms: 0, what: "confirmed" })).toContain("quorum");
    expect(stepText({ at_ms: 0, what: "check", outcome: "down" })).toBe("Fails here too");
    expect(stepText({ at_ms: 0, what: "check", outcome: "up" })).toBe("Reached here");
    expect(stepText({ at_ms: 0, what: "called_somebody" })).toBe("Called somebody");
    expect(sinceStart(incident(), NOW - 58_800)).toBe("+1.2 s");
  });

  test("evidence keeps its order, and what is new comes last", () => {
    const entries = evidenceEntries({ zebra_note: "x", status: "503", class: "status" });
    expect(entries.map(([label]) => label)).toEqual(["Error class", "Status", "zebra note"]);
  });
});

describe("last failures", () => {
  const check = (at: number, more: Partial<CheckResult> = {}): CheckResult => ({
    monitor: 5,
    location: "fra",
    scheduled_ms: at,
    started_ms: at,
    outcome: "down",
    error: "status: 500",
    ...more,
  });
  const detail = (more: Partial<IncidentDetail> = {}): IncidentDetail => ({
    ...incident(),
    evidence: { status: "500" },
    votes: {},
    timeline: [{ at_ms: 0, what: "failing", location: "fra" }],
    ...more,
  });

  test("the check that began an incident stands there once", () => {
    const found = lastFailures(
      [check(NOW - 60_000), check(NOW, { evidence: { status: "502" } })],
      [detail()],
    );
    expect(found.map((failure) => failure.at)).toEqual([NOW, NOW - 60_000]);
    expect(found[1]?.incident).toBe("-9");
  });

  test("successes are no failures, and without evidence the errors stand alone", () => {
    expect(lastFailures([check(NOW, { outcome: "up" })], [])).toEqual([]);
    expect(lastFailures([check(NOW)], [])[0]).toMatchObject({ error: "status: 500", evidence: null });
  });
});

describe("marks over charts", () => {
  test("an open incident reaches to now, a confirmed one is down", () => {
    const marks = marksOf(
      {
        incidents: [incident(), incident({ confirmed_ms: 1, ended_ms: NOW - 5_000 })],
        maintenance: [{ from: 1, to: 2 }],
        markers: [{ id: 3, name: "shop 4.2", at_ms: 7, monitors: [], url: null }],
      },
      "3",
      NOW,
    );
    expect(marks.bands.map((band) => band.kind)).toEqual(["maintenance", "partial", "down"]);
    expect(marks.bands[1]?.to).toBe(NOW);
    expect(marks.lines).toEqual([{ id: "3", at: 7, label: "shop 4.2" }]);
  });

  test("the nearest mark is meant, but not from far away", () => {
    const lines = [
      { id: "a", at: 10, label: "" },
      { id: "b", at: 14, label: "" },
    ];
    expect(markNear(lines, 13, (at) => at)?.id).toBe("b");
    expect(markNear(lines, 40, (at) => at)).toBeNull();
  });

  test("stretches are cut to the strip, and short ones still show", () => {
    expect(placed({ from: 0, to: 50 }, 25, 125)).toEqual({ left: 0, width: 25 });
    expect(placed({ from: 124.99, to: 200 }, 25, 125)).toMatchObject({ width: 0.4, left: 99.6 });
    expect(placed({ from: 0, to: 20 }, 25, 125)).toBeNull();
  });
});

describe("phases", () => {
  const history = { timestamps: [0, 60_000, 120_000], step_s: 60 } as unknown as MonitorHistory;

  test("the gateway's medians are taken where it has them", () => {
    const phases = { ttfb: { p50_ms: [1, null, 2] }, dns: { p50_ms: [null, null, null] } };
    expect([...(phasesOfHistory({ ...history, phases })?.columns.keys() ?? [])]).toEqual(["ttfb"]);
    expect(phasesOfHistory(history)).toBeNull();
  });

  test("else raw checks give them; failures and unreached steps give none", () => {
    const check = (at: number, ttfb: number, outcome: CheckResult["outcome"] = "up") =>
      ({
        scheduled_ms: at,
        outcome,
        phases: { connect: at === 0 ? 2 : null, ttfb },
      }) as unknown as CheckResult;
    const checks = [check(0, 10), check(30_000, 30), check(61_000, 5), check(62_000, 900, "down")];
    const { columns } = phasesOfChecks(checks, history);
    expect(columns.get("ttfb")).toEqual([20, 5, null]);
    expect(columns.get("connect")).toEqual([2, 0, null]);
  });

  test("a median is the middle, or between the two in the middle", () => {
    expect(median([3, 1, 2])).toBe(2);
    expect(median([4, 1])).toBe(2.5);
    expect(median([])).toBeNull();
  });
});

test("a ping is due, late or not known", () => {
  expect(expectedText(NOW + 90_000, NOW)).toBe("in 90 s");
  expect(expectedText(NOW - 300_000, NOW)).toBe("late by 5 min");
  expect(expectedText(undefined, NOW)).toBe("not known");
});

test("what a job said has its exit status", () => {
  expect(signalText({ at_ms: 0, said: "fail", exit_status: 3 })).toBe("fail (exit status 3)");
  expect(signalText({ at_ms: 0 })).toBe("success");
});

describe("trends", () => {
  test("the smallest changes are read in either form, and unknown ones left out", () => {
    expect(smallestOf({ state: "watching", smallest_change: { "1h": null, "1d": 0.012 } })).toEqual([
      ["a day", 0.012],
    ]);
    expect(smallestOf({ state: "watching", smallest: [{ span_s: 3600, size: 0.06 }] })).toEqual([
      ["60 min", 0.06],
    ]);
    expect(smallestOf({ state: "learning" })).toEqual([]);
  });

  test("learning says how long it still takes", () => {
    const trend = { state: "learning" as const, learned_buckets: 440, needed_buckets: 500 };
    expect(learningText(trend)).toContain("440 of 500 buckets learned; about 5 h to go");
    expect(learningText({ state: "learning" })).toContain("Still learning");
  });

  test("a change's size follows its direction", () => {
    const change = { kind: "step" as const, start_ms: 0, found_ms: 1, size: -0.021 };
    expect(changeText({ ...change, direction: "down" })).toBe("Step down by 0.021");
    expect(changeText({ ...change, kind: "decline", direction: "up", size: 0.01 })).toBe(
      "Slow change up by 0.010",
    );
  });
});
