import { describe, expect, test } from "vitest";
import {
  advance,
  connectionOf,
  type FeedEvent,
  type FeedState,
  initialState,
  retryDelay,
  STALL_MS,
} from "../src/live/feed_state";

function run(events: FeedEvent[], state: FeedState = initialState(0)): FeedState {
  return events.reduce((current, event) => advance(current, event)[0], state);
}

const fail = (at: number): FeedEvent => ({ kind: "failed", at, jitter: 0.5 });

describe("connecting", () => {
  test("a stream that opens is live", () => {
    expect(run([{ kind: "opened", at: 100 }]).phase).toBe("live");
  });

  test("a failure closes the stream and waits", () => {
    const [state, effect] = advance(initialState(0), fail(1_000));
    expect(effect).toBe("close");
    expect(state).toMatchObject({ phase: "waiting", attempt: 1, retryAt: 1_400, lostAt: 1_000 });
  });

  test("waiting ends with an attempt when its time has come, and not before", () => {
    const waiting = run([fail(1_000)]);
    expect(advance(waiting, { kind: "ticked", at: 1_399 })[1]).toBeNull();
    const [state, effect] = advance(waiting, { kind: "ticked", at: 1_400 });
    expect(effect).toBe("open");
    expect(state.phase).toBe("connecting");
  });

  test("a second error of the same stream changes nothing", () => {
    const waiting = run([fail(1_000)]);
    expect(advance(waiting, fail(1_010))).toEqual([waiting, null]);
  });
});

describe("backing off", () => {
  test("delays grow to thirty seconds and stay there", () => {
    const delays = [1, 2, 3, 4, 5, 6, 7, 8, 50].map((attempt) => retryDelay(attempt, 0.5));
    expect(delays).toEqual([400, 1_000, 2_000, 4_000, 8_000, 15_000, 30_000, 30_000, 30_000]);
  });

  test("jitter stays within a quarter of the delay", () => {
    expect(retryDelay(2, 0)).toBe(750);
    expect(retryDelay(2, 0.999)).toBeLessThanOrEqual(1_250);
  });

  test("a stream that opens and ends at once keeps backing off", () => {
    const state = run([fail(0), { kind: "ticked", at: 400 }, { kind: "opened", at: 500 }, fail(600)]);
    expect(state.attempt).toBe(2);
  });

  test("an event heard forgets the failures", () => {
    const state = run([fail(0), { kind: "ticked", at: 400 }, { kind: "heard", at: 500 }]);
    expect(state).toMatchObject({ phase: "live", attempt: 0, lostAt: null });
  });
});

describe("stalling", () => {
  const live = run([
    { kind: "opened", at: 0 },
    { kind: "heard", at: 1_000 },
  ]);

  test("silence up to the limit is patience", () => {
    expect(advance(live, { kind: "ticked", at: 1_000 + STALL_MS })[1]).toBeNull();
  });

  test("silence beyond it is a failure", () => {
    expect(advance(live, { kind: "ticked", at: 1_001 + STALL_MS })[1]).toBe("fail");
  });

  test("an attempt that never answers is a failure too", () => {
    expect(advance(initialState(0), { kind: "ticked", at: STALL_MS + 1 })[1]).toBe("fail");
  });
});

describe("pausing and forcing", () => {
  test("a paused feed closes, ignores late events, and opens when forced", () => {
    const [paused, effect] = advance(run([{ kind: "opened", at: 0 }]), { kind: "paused", at: 10 });
    expect(effect).toBe("close");
    expect(advance(paused, { kind: "heard", at: 20 })[0].phase).toBe("paused");
    expect(advance(paused, { kind: "ticked", at: 90_000 })[1]).toBeNull();
    expect(advance(paused, { kind: "forced", at: 90_000 })[1]).toBe("open");
  });

  test("forcing a live feed changes nothing", () => {
    const live = run([{ kind: "opened", at: 0 }]);
    expect(advance(live, { kind: "forced", at: 5 })).toEqual([live, null]);
  });
});

describe("what a person reads", () => {
  test("first connection, loss, long loss, and no network have their own words", () => {
    expect(connectionOf(initialState(0), 10, true)).toBe("connecting");
    const lost = run([{ kind: "opened", at: 0 }, fail(1_000)]);
    expect(connectionOf(lost, 2_000, true)).toBe("reconnecting");
    expect(connectionOf(lost, 40_000, true)).toBe("offline");
    expect(connectionOf(lost, 2_000, false)).toBe("offline");
    expect(connectionOf(run([{ kind: "opened", at: 0 }]), 10, true)).toBe("live");
  });
});
