import { describe, expect, test } from "vitest";
import { reasonOf } from "../src/realtime/contract";
import { Decoder } from "../src/realtime/decoding";
import { chooseAddress, readRoute, realtimeAddress } from "../src/route";

const schema = (names: string[], source = "a") => ({ source, group: "cpu", names, counters: [] });
const frame = (values: Record<string, number[]>, ts = 1_000, at = ts + 40, source = "a") => ({
  source,
  seq: 1,
  ts,
  at,
  values,
});

describe("frames", () => {
  test("arrays get the names of their host's schema", () => {
    const decoder = new Decoder();
    decoder.learn(schema(["x", "y"]));
    decoder.learn(schema(["z", "w"], "b"));
    expect(decoder.read(frame({ cpu: [1, 2] })).values).toEqual({ x: 1, y: 2 });
    expect(decoder.read(frame({ cpu: [1, 2] }, 1, 1, "b")).values).toEqual({ z: 1, w: 2 });
    decoder.learn(schema(["x"]));
    expect(decoder.read(frame({ cpu: [3] })).values).toEqual({ x: 3 });
  });

  test("an array that its schema does not fit says nothing", () => {
    const decoder = new Decoder();
    decoder.learn(schema(["x", "y"]));
    expect(decoder.read(frame({ cpu: [1], disk: [2] })).values).toEqual({});
  });

  test("times are the gateway's where the host's clock is wrong, and keep their distances", () => {
    const decoder = new Decoder();
    const hours = 3 * 3_600_000;
    const times = [0, 1, 2].map((n) => decoder.read(frame({}, n * 1_000, hours + n * 1_000 + 30 * n)).time);
    expect(times).toEqual([hours, hours + 1_000, hours + 2_000]);
    expect(decoder.read(frame({}, 5_000, 5_900, "b")).time).toBe(5_000);
  });
});

test("addresses lead where they say", () => {
  expect(readRoute(realtimeAddress("Ab-_9"))).toEqual({ page: "realtime", id: "Ab-_9" });
  expect(readRoute(chooseAddress(["a b", "c&d"]))).toEqual({ page: "choose hosts", hosts: ["a b", "c&d"] });
  expect(readRoute(chooseAddress([]))).toEqual({ page: "choose hosts", hosts: [] });
});

test("why a session ended is said in words", () => {
  expect(reasonOf("time")).toBe("its time is up");
  expect(reasonOf(null)).toBe("it is over");
});
