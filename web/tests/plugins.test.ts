import { expect, test } from "vitest";
import { distanceOf, spread } from "../src/plugins/cadence";
import { chartUnit, instancesOf, loadShipped, titleOf } from "../src/plugins/catalogue";

const entry = (name: string, labels: Record<string, string> = {}, kind = "gauge") => ({ name, labels, kind });

test("plugins are told apart by instance, in the order of sections, with their own words", async () => {
  const shipped = await loadShipped();
  const found = instancesOf(
    [
      entry("redis.keys", { instance: "cache", db: "0" }),
      entry("redis.keys", { instance: "cache", db: "1" }),
      entry("redis.commands", { instance: "cache" }, "counter"),
      entry("redis.keys", { instance: "other", db: "0" }),
      entry("nginx.requests", { instance: "nginx" }, "counter"),
      entry("plugin.up", { instance: "nginx" }),
      entry("cpu.user_ratio"),
    ],
    shipped,
  );
  expect(found.map((one) => [one.section, one.title, one.instance])).toEqual([
    ["Databases", "Redis", "cache"],
    ["Databases", "Redis", "other"],
    ["Web", "nginx", "nginx"],
  ]);
  expect(found[0]?.metrics.map((metric) => metric.label)).toEqual(["Commands", "Keys of a database"]);
});

test("what a plugin does not say about itself is read from its names", () => {
  const [own] = instancesOf(
    [
      entry("own.queue_bytes", { instance: "own" }),
      entry("own.hit_ratio", { instance: "own" }),
      entry("own.jobs.done", { instance: "own" }, "counter"),
    ],
    {},
  );
  expect(own?.title).toBe("own");
  expect(own?.metrics.map((metric) => [titleOf(metric), chartUnit(metric), metric.kind])).toEqual([
    ["hit ratio", "percent", "gauge"],
    ["jobs done (1/s)", "number", "counter"],
    ["queue bytes", "bytes", "gauge"],
  ]);
});

test("each plugin that ships has a section", async () => {
  const shipped = await loadShipped();
  expect(Object.keys(shipped).length).toBeGreaterThanOrEqual(40);
  for (const info of Object.values(shipped)) expect(info.section).not.toBe("");
});

const answer = (times: number[], values: (number | null)[]) => ({
  from: 0,
  to: 0,
  step_s: 10,
  agg: "rate" as const,
  tier: "10s",
  timestamps: times,
  series: [{ source: "a", name: "x.y", labels: {}, values }],
});

test("rates of what is reported less often than each step are over the time between reports", () => {
  const times = [0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120].map((s) => s * 1_000);
  const values = times.map((time) => (time % 60_000 === 0 ? 600 : null));
  const slow = answer(times, values);
  spread(slow, 10_000);
  expect(slow.series[0]?.values.filter((value) => value !== null)).toEqual([100, 100, 100]);
  const fast = answer([0, 10_000, 20_000], [1, 2, 3]);
  spread(fast, 10_000);
  expect(fast.series[0]?.values).toEqual([1, 2, 3]);
});

test("one value that came early makes no holes of the others", () => {
  const early = answer([0, 60_000, 70_000, 120_000, 180_000, 240_000], [1, 1, 1, 1, 1, 1]);
  expect(early.series[0] && distanceOf(early, early.series[0])).toBe(60_000);
  const one = answer([0], [1]);
  expect(one.series[0] && distanceOf(one, one.series[0])).toBe(60_000);
});
