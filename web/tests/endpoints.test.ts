import { describe, expect, test } from "vitest";
import { apdexBand, apdexText, apdexTitle, apdexTone } from "../src/endpoints/apdex";
import { Endpoint } from "../src/endpoints/endpoint";
import { cellTone, stripCells } from "../src/endpoints/outcome_strip";
import type { CheckResult, Monitor, MonitorHistory } from "../src/gateway/contract";
import { type Column, sortedBy } from "../src/overview/sort";

const apdex = (score: number | null, band: string | null = null) => ({
  score,
  band,
  display: score === null ? "NS [0.5]" : `${score.toFixed(2)} [0.5]`,
  count: 120,
});

describe("apdex", () => {
  test("the gateway's string is shown as it is", () => {
    expect(apdexText(apdex(0.95))).toBe("0.95 [0.5]");
    expect(apdexText(apdex(null))).toBe("NS [0.5]");
    expect(apdexText(null)).toBe("–");
  });

  test("bands follow the specification at their borders", () => {
    expect(apdexBand(apdex(0.94))).toBe("Excellent");
    expect(apdexBand(apdex(0.93))).toBe("Good");
    expect(apdexBand(apdex(0.7))).toBe("Fair");
    expect(apdexBand(apdex(0.49))).toBe("Unacceptable");
    expect(apdexBand(apdex(null))).toBeNull();
  });

  test("the gateway's band decides the colour", () => {
    expect(apdexTone(apdex(0.94, "Good"))).toBe("ok");
    expect(apdexTone(apdex(0.6, "Poor"))).toBe("warn");
    expect(apdexTone(apdex(0.1))).toBe("bad");
    expect(apdexTone(apdex(null))).toBe("idle");
    expect(apdexTitle(apdex(0.95))).toBe("Excellent, from 120 checks");
  });
});

const monitor: Monitor = {
  id: "m1",
  name: "Shop",
  kind: "http",
  url: "https://shop.example.com",
  interval_s: 60,
  timeout_s: 10,
  apdex_t_ms: 500,
  paused: false,
  state: "up",
  places: [],
  apdex: null,
  uptime_24h: null,
};

const check = (location: string, at: number, total_ms: number, outcome: CheckResult["outcome"] = "up") => ({
  monitor: "m1",
  location,
  scheduled_ms: at,
  started_ms: at,
  outcome,
  total_ms,
});

describe("endpoint", () => {
  test("a round is one point: the average of its locations", () => {
    const endpoint = new Endpoint(monitor);
    endpoint.absorb(check("fra", 60_000, 100));
    endpoint.absorb(check("iad", 61_000, 300));
    endpoint.absorb(check("fra", 120_000, 50));
    expect(endpoint.durations.length).toBe(2);
    expect(endpoint.durations.value(0)).toBe(200);
    expect(endpoint.lastDurationMs).toBe(50);
  });

  test("since stays while the outcome stays, and a failure is no duration", () => {
    const endpoint = new Endpoint(monitor);
    endpoint.absorb(check("fra", 60_000, 100));
    endpoint.absorb(check("fra", 120_000, 100));
    expect(endpoint.monitor.places[0]?.since_ms).toBe(60_000);
    endpoint.absorb(check("fra", 180_000, 2, "down"));
    expect(endpoint.monitor.places[0]?.since_ms).toBe(180_000);
    expect(endpoint.failures.length).toBe(1);
    expect(endpoint.lastDurationMs).toBeNull();
  });

  test("ids are numbers on the wire and text here, and a duration may be left out", () => {
    const endpoint = new Endpoint({ ...monitor, id: 7 });
    expect(endpoint.id).toBe("7");
    endpoint.absorb({ ...check("fra", 60_000, 0, "down"), total_ms: undefined });
    expect(endpoint.monitor.places[0]).toMatchObject({ outcome: "down", total_ms: null });
  });

  test("a missed slot and a fault of the probe change no state", () => {
    const endpoint = new Endpoint(monitor);
    endpoint.absorb(check("fra", 60_000, 100));
    endpoint.absorb(check("fra", 120_000, 0, "missed"));
    endpoint.absorb(check("fra", 180_000, 0, "probe_error"));
    expect(endpoint.monitor.places[0]).toMatchObject({ outcome: "up", at_ms: 60_000 });
  });
});

describe("outcome strip", () => {
  const steps = 200;
  const zeros = () => new Array<number>(steps).fill(0);
  const history = {
    timestamps: zeros().map((_, i) => i * 1000),
    up: zeros().map(() => 3),
    down: zeros().map((_, i) => (i === 7 ? 1 : 0)),
    degraded: zeros(),
    missed: zeros(),
  } as unknown as MonitorHistory;

  test("neighbouring steps are joined and a single failure still shows", () => {
    const cells = stripCells(history, 96);
    expect(cells.length).toBeLessThanOrEqual(96);
    expect(cells.filter((cell) => cellTone(cell) === "bad")).toHaveLength(1);
    expect(cells.reduce((sum, cell) => sum + cell.up, 0)).toBe(600);
  });

  test("missed slots alone are neither good nor bad", () => {
    expect(cellTone({ from: 0, up: 0, degraded: 0, down: 0, missed: 2 })).toBe("idle");
    expect(cellTone({ from: 0, up: 0, degraded: 0, down: 0, missed: 0 })).toBe("none");
  });
});

test("what is not known sorts last in both directions", () => {
  const columns: Column<{ n: string; v: number | null }>[] = [
    { id: "v", label: "V", value: (item) => item.v },
  ];
  const items = [
    { n: "a", v: null },
    { n: "b", v: 1 },
    { n: "c", v: 2 },
  ];
  const names = (descending: boolean) =>
    sortedBy(items, columns, { column: "v", descending }, (item) => item.n).map((item) => item.n);
  expect(names(false)).toEqual(["b", "c", "a"]);
  expect(names(true)).toEqual(["c", "b", "a"]);
});
