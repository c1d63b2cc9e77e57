"""Five-minute buckets from check results: what counts, when one is closed, and that the order of reading is nothing."""

from __future__ import annotations

import pickle
from collections import Counter
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.events.checks import OUTCOMES, CheckRecord, Outcome
from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS
from vedette.windows.trend_buckets import ALLOWANCE_MS, BucketShard, ClosedBucket

T0 = 1_700_000_100_000 - 1_700_000_100_000 % HOUR_MS
CLOSES = BUCKET_MS + ALLOWANCE_MS


def check(at_ms: int, outcome: Outcome = "up", total_ms: float = 10.0, place: str = "a", **more: int) -> CheckRecord:
    monitor = more.pop("monitor", 1)
    return CheckRecord(monitor, place, T0 + at_ms, T0 + at_ms, outcome, total_ms, account=1, **more)  # type: ignore[arg-type]


def only(shard: BucketShard) -> ClosedBucket:
    (closed,) = shard.close()
    return closed


def test_the_zones_of_all_locations_are_counted_together() -> None:
    shard = BucketShard(1)
    for number, (place, total_ms) in enumerate([("a", 10), ("b", 600), ("c", 3000), ("a", 20)]):
        shard.add(0, T0 + number, check(number * 1000, total_ms=total_ms, place=place))
    shard.add(0, T0 + 5, check(5000, "down"))
    shard.heard(0, T0 + CLOSES)
    (one,) = only(shard).monitors
    assert (one.monitor, one.account, one.target_ms, one.counts) == (1, 1, 500, (2, 1, 2))


@pytest.mark.parametrize(
    "left_out",
    [
        check(1000, "missed"),
        check(1000, "probe_error"),
        check(1000, "down", attempt=2),
        check(0),  # seen before
        check(-BUCKET_MS, place="b"),
        check(700_000),
    ],
    ids=["a missed slot", "a fault of the prober", "a re-check", "a duplicate", "late", "a clock that is far ahead"],
)
def test_what_does_not_count_is_left_out(left_out: CheckRecord) -> None:
    shard = BucketShard(1)
    shard.add(0, T0 + 50, check(0))
    shard.add(0, T0 + 50 + ALLOWANCE_MS * (left_out.scheduled_ms < T0), left_out)
    shard.heard(0, T0 + CLOSES)
    assert sum(sum(one.counts) for closed in shard.close() for one in closed.monitors) == 1


def test_a_bucket_waits_for_the_slowest_partition() -> None:
    shard = BucketShard(2)
    shard.add(0, T0, check(0))
    shard.heard(0, T0 + 10 * CLOSES)
    assert shard.close() == []
    shard.heard(1, T0 + CLOSES - 1)
    assert shard.close() == []
    shard.heard(1, T0 + CLOSES)
    assert only(shard).bucket_ms == T0
    assert shard.close() == []


def test_without_checks_there_is_one_bucket_an_hour() -> None:
    shard = BucketShard(1)
    shard.add(0, T0, check(0))
    shard.heard(0, T0 + 3 * HOUR_MS + CLOSES)
    found = shard.close()
    assert [closed.bucket_ms - T0 for closed in found] == [0, HOUR_MS, 2 * HOUR_MS, 3 * HOUR_MS]
    assert [len(closed.monitors) for closed in found] == [1, 0, 0, 0]


def test_a_result_comes_too_late_by_the_log_s_clock_though_its_bucket_is_still_open() -> None:
    shard = BucketShard(2)
    shard.add(0, T0 + CLOSES - 1, check(0))
    shard.add(0, T0 + CLOSES, check(1000))
    assert shard.late == 1
    for partition in (0, 1):
        shard.heard(partition, T0 + CLOSES)
    assert only(shard).monitors[0].counts == (1, 0, 0)


events = st.lists(
    st.tuples(
        st.integers(0, 2),  # partition
        st.integers(0, 60),  # when the log takes it, after the slot (tens of seconds)
        st.integers(0, 90),  # slot (tens of seconds)
        st.integers(1, 3),  # monitor
        st.sampled_from("ab"),
        st.sampled_from(OUTCOMES),
        st.sampled_from([10.0, 900.0, 5000.0]),
        st.integers(1, 2),  # attempt
    ),
    max_size=60,
)


Logged = dict[int, list[tuple[int, CheckRecord]]]
Counted = Counter[tuple[int, int, int]]


def logged_by_partition(some: list[tuple[int, int, int, int, str, Outcome, float, int]]) -> Logged:
    """What the log holds, in its order; a monitor is in one partition, as its key has it."""
    logged: Logged = {0: [], 1: [], 2: []}
    for partition, late, slot, monitor, place, outcome, total_ms, attempt in some:
        identity = monitor * 3 + partition
        result = check(slot * 10_000, outcome, total_ms, place, monitor=identity, attempt=attempt)
        logged[partition].append((T0 + slot * 10_000 + late * 10_000, result))
    for records in logged.values():
        records.sort(key=lambda record: record[0])
    return logged


def counted_one_by_one(logged: Logged) -> Counted:
    """By bucket, monitor and zone, from the definition."""
    expected: Counted = Counter()
    seen: set[tuple[int, str, int]] = set()
    for at, result in (record for records in logged.values() for record in records):
        bucket = result.scheduled_ms // BUCKET_MS * BUCKET_MS
        key = (result.monitor, result.location, result.scheduled_ms)
        counts = result.attempt == 1 and result.outcome in {"up", "degraded", "down"} and at < bucket + CLOSES
        if counts and key not in seen:
            seen.add(key)
            frustrated = result.outcome == "down" or result.total_ms > 2000
            expected[bucket, result.monitor, 2 if frustrated else int(result.total_ms > 500)] += 1
    return expected


def read_in_any_order(logged: Logged, random: Random) -> list[ClosedBucket]:
    """What is closed if partitions are read in turns, with looks and crashes between."""
    shard, found = BucketShard(3), list[ClosedBucket]()
    waiting = {partition: list(records) for partition, records in logged.items() if records}
    while waiting:
        partition = random.choice(list(waiting))
        shard.add(partition, *waiting[partition].pop(0))
        waiting = {one: records for one, records in waiting.items() if records}
        found += shard.close() if random.random() < 0.3 else []
        shard = pickle.loads(pickle.dumps(shard)) if random.random() < 0.1 else shard
    for partition in logged:
        shard.heard(partition, T0 + 10 * HOUR_MS)
    return found + shard.close()


@given(events, st.randoms(use_true_random=False))
def test_the_buckets_follow_from_the_log_whatever_the_order_of_its_partitions_and_though_it_crashes(
    some: list[tuple[int, int, int, int, str, Outcome, float, int]], random: Random
) -> None:
    logged = logged_by_partition(some)
    found = read_in_any_order(logged, random)
    times = [closed.bucket_ms for closed in found]
    assert times == sorted(set(times))
    counted: Counted = Counter()
    for closed in found:
        for one in closed.monitors:
            counted.update({(closed.bucket_ms, one.monitor, at): n for at, n in enumerate(one.counts) if n})
    assert counted == counted_one_by_one(logged)
