import { expect, test } from "vitest";
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
