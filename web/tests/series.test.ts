import { describe, expect, test } from "vitest";
import { lonelyPoints, stacked } from "../src/charts/stack";
import { gapAfter, markGaps, withoutYoungEnd } from "../src/series/gaps";
import { readSeriesName } from "../src/series/name";
import { lastWholeStep, RANGES, rangeById, stepFor, windowOf } from "../src/series/range";
import { RateMeter, RateSum } from "../src/series/rate";
import { Ring } from "../src/series/ring";
import { SampleTable, sumCells } from "../src/series/sample_table";

const valuesOf = (ring: Ring) => Array.from({ length: ring.length }, (_, i) => ring.value(i));

describe("ring", () => {
  test("keeps the newest values when full", () => {
    const ring = new Ring(40);
    for (let i = 0; i < 100; i += 1) ring.push(i, i * 10);
    expect(ring.length).toBe(40);
    expect(ring.time(0)).toBe(60);
    expect(ring.lastValue).toBe(990);
  });

  test("the same time replaces, an older time is refused", () => {
    const ring = new Ring(8);
    ring.push(5, 1);
    expect(ring.push(5, 2)).toBe(true);
    expect(ring.push(4, 9)).toBe(false);
    expect(valuesOf(ring)).toEqual([2]);
  });

  test("history goes before what came live meanwhile, without doubles", () => {
    const ring = new Ring(64);
    ring.push(30, 3);
    ring.push(40, 4);
    ring.prefill([10, 20, 30], [1, null, 33]);
    expect(valuesOf(ring)).toEqual([1, 33, 4]);
  });

  test("old values can be dropped", () => {
    const ring = new Ring(64);
    for (const time of [1, 2, 3]) ring.push(time, time);
    ring.dropBefore(3);
    expect(valuesOf(ring)).toEqual([3]);
  });
});

describe("rates", () => {
  test("the first report has no rate", () => {
    expect(new RateMeter().read("a", 0, 100)).toBeNull();
  });

  test("a rate is per second", () => {
    const meter = new RateMeter();
    meter.read("a", 0, 100);
    expect(meter.read("a", 10_000, 600)).toBe(50);
  });

  test("a counter that starts again counts from zero", () => {
    const meter = new RateMeter();
    meter.read("a", 0, 1_000_000);
    expect(meter.read("a", 1_000, 30)).toBe(30);
  });

  test("a replayed report is ignored", () => {
    const meter = new RateMeter();
    meter.read("a", 1_000, 10);
    expect(meter.read("a", 1_000, 10)).toBeNull();
    expect(meter.read("a", 2_000, 20)).toBe(10);
  });

  test("interfaces add up, and an unplugged one stops counting", () => {
    const sum = new RateSum(60_000);
    sum.read("eth0", 0, 0);
    sum.read("eth1", 0, 0);
    sum.read("eth0", 1_000, 100);
    expect(sum.read("eth1", 1_000, 50)).toBe(150);
    sum.read("eth0", 120_000, 100);
    expect(sum.read("eth0", 121_000, 120)).toBe(20);
  });
});

describe("names", () => {
  test("labels are read with their escapes", () => {
    expect(readSeriesName('disk.used_ratio{mount="/a \\"b\\"",kind="x"}')).toEqual({
      name: "disk.used_ratio",
      labels: { mount: '/a "b"', kind: "x" },
    });
    expect(readSeriesName("load.1m")).toEqual({ name: "load.1m", labels: {} });
  });

  test("braces inside a label stay in the label", () => {
    expect(readSeriesName('a{b="{x}"}').labels).toEqual({ b: "{x}" });
  });
});

describe("ranges", () => {
  test("every range asks for fewer than 400 points", () => {
    for (const range of RANGES) expect(range.seconds / stepFor(range.seconds, 10)).toBeLessThan(400);
  });

  test("a step is never shorter than the reports' interval", () => {
    expect(stepFor(900, 10)).toBe(10);
    expect(stepFor(900, 60)).toBe(60);
    expect(stepFor(900, 45)).toBe(60);
  });

  test("a window starts on a whole step", () => {
    const { from, to } = windowOf(rangeById("1h", "15m"), 10_000_123, 60);
    expect(from % 60_000).toBe(0);
    expect(to).toBe(10_000_123);
    expect(to - from).toBeGreaterThanOrEqual(3_600_000);
  });

  test("a rate ends with the last step that is over", () => {
    expect(lastWholeStep(129_999, 60)).toBe(120_000);
    expect(lastWholeStep(120_000, 60)).toBe(120_000);
  });

  test("an unknown range is the usual one", () => {
    expect(rangeById("nonsense", "1h").id).toBe("1h");
    expect(rangeById(null, "15m").id).toBe("15m");
  });
});

describe("gaps", () => {
  test("a hole of one report stays a hole", () => {
    expect(markGaps([0, 10, 20], [1, null, 2], gapAfter(10))).toEqual([1, null, 2]);
  });

  test("empty steps between two ordinary reports are no hole", () => {
    const times = [0, 10, 20, 30, 40, 50, 60];
    expect(markGaps(times, [1, null, null, null, null, null, 2], gapAfter(60))).toEqual([
      1,
      ...new Array(5).fill(undefined),
      2,
    ]);
  });

  test("live values after a silence leave a hole between", () => {
    const table = new SampleTable(10);
    table.load([0, 10], new Map([["a", [1, 2]]]), 10);
    table.put("a", 20, 3);
    table.put("a", 60, 4);
    expect(table.times).toEqual([0, 10, 20, 30, 60]);
    expect(table.columns.get("a")).toEqual([1, 2, 3, null, 4]);
  });

  test("steps that are not over yet are dropped, and a replay changes nothing", () => {
    const table = new SampleTable(10);
    table.load([0, 10, 20], new Map([["a", [1, 2, null]]]), 10);
    expect(table.times).toEqual([0, 10]);
    expect(table.put("a", 5, 9)).toBe(false);
    expect(table.columns.get("a")).toEqual([1, 2]);
  });

  test("two series on one axis do not cut each other", () => {
    const table = new SampleTable(10);
    table.put("a", 0, 1);
    table.put("b", 1, 5);
    table.put("a", 10, 2);
    expect(table.columns.get("a")).toEqual([1, undefined, 2]);
    table.dropBefore(1);
    expect(table.times).toEqual([1, 10]);
  });

  test("sums need one value; stacks need all of them", () => {
    expect(
      sumCells(
        [
          [1, null, null],
          [2, 3, null],
        ],
        3,
      ),
    ).toEqual([3, 3, null]);
    expect(
      stacked([
        [1, null, 1],
        [2, 3, undefined],
      ]),
    ).toEqual([
      [1, null, 1],
      [3, null, undefined],
    ]);
  });

  test("a value between two holes gets a dot", () => {
    expect(lonelyPoints([null, 5, null, 1, undefined, 2, null, 7], 0, 7)).toEqual([1, 7]);
  });
});

test("a step too young to have a value is no hole, a long silence is one", () => {
  const times = [0, 10, 20, 30];
  expect(withoutYoungEnd(times, [1, 2, 3, null], 15)).toEqual([1, 2, 3, undefined]);
  expect(withoutYoungEnd(times, [1, null, null, null], 15)).toEqual([1, null, null, null]);
  expect(withoutYoungEnd(times, [null, null, null, null], 15)).toEqual([null, null, null, null]);
});
