"""The trend shard: what is found, excluded, learned from stored hours, forgotten, and replayed."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from tests.unit.windows.trend_world import BAD, GOOD, T0, Fleet, World, newest, states, take
from vedette.statistics.trends.baseline import BUCKET_MS
from vedette.windows.trend_buckets import ALLOWANCE_MS, ClosedBucket
from vedette.windows.trend_changes import SETTLED_MS
from vedette.windows.trend_shard import DAY_MS, TrendShard


def test_a_drop_is_found_and_located_and_quiet_monitors_stay_quiet() -> None:
    fleet, shard, world = Fleet(range(1, 11)), TrendShard(), World()
    take(shard, fleet.buckets(100), world)
    fleet.shares[4] = (0.7, 0.2, 0.1)
    found, _ = take(shard, fleet.buckets(40), world)
    (row,) = found.rows
    assert (row.monitor, row.kind, row.direction, row.state, row.learning) == (4, "step", "down", "open", False)
    assert abs(row.start_ms - (T0 + 100 * BUCKET_MS)) <= 3 * BUCKET_MS
    assert row.size == pytest.approx(-0.15, abs=0.06)
    assert row.found_ms % BUCKET_MS == ALLOWANCE_MS
    (signal,) = found.signals
    assert (signal.kind, signal.subject, signal.state, signal.at) == ("trend", "monitor:4", "down", row.found_ms)
    assert (signal.detail["monitor"], signal.detail["trend"], signal.value) == (4, "step", row.size)


def test_the_way_back_ends_what_was_open() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World()
    fleet.shares[1] = BAD
    take(shard, fleet.buckets(200), world)
    fleet.shares[1] = GOOD
    found, _ = take(shard, fleet.buckets(300), world)
    assert states(found)[:2] == [(1, "down", "ended", "returned"), (1, "up", "open", None)]
    assert [signal.state for signal in found.signals] == ["up"]


def test_a_step_is_the_usual_after_seven_days_and_says_so_once() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World()
    fleet.shares[1] = BAD
    found, _ = take(shard, fleet.buckets(8 * 288), world)
    (row,) = newest(found).values()
    assert (row.state, row.reason, row.ended_ms) == ("ended", "settled", row.found_ms + SETTLED_MS)
    assert [(signal.state, signal.at) for signal in found.signals] == [
        ("down", row.found_ms),
        ("over", row.found_ms + SETTLED_MS),
    ]


def test_buckets_of_incidents_and_maintenance_alarm_nobody_and_are_no_part_of_the_day() -> None:
    fleet, shard, world = Fleet([1, 2]), TrendShard(), World()
    buckets = fleet.buckets(50)
    fleet.shares = dict.fromkeys((1, 2), (0.2, 0.2, 0.6))
    broken = fleet.buckets(30)
    world.out = {(1, closed.bucket_ms) for closed in broken}
    found, _ = take(shard, [*buckets, *broken], world)
    assert {row.monitor for row in found.rows} == {2}
    fleet.shares = dict.fromkeys((1, 2), GOOD)
    _, daily = take(shard, fleet.buckets(288), world)
    assert daily[0].scores[0, -1] == pytest.approx(0.95, abs=0.02)
    assert daily[0].scores[1, -1] < 0.9


def test_without_stored_hours_a_monitor_learns_and_what_it_finds_does_not_count() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World(stored=False)
    take(shard, fleet.buckets(200), world)
    (standing,) = shard.standings([fleet.bucket()])
    assert (standing.learned, standing.needed) == (200, 500)
    fleet.shares[1] = (0.3, 0.2, 0.5)
    found, _ = take(shard, fleet.buckets(5), world)
    assert states(found)[0] == (1, "down", "ended", "learning")
    assert found.signals == []


def test_a_monitor_begins_from_its_stored_hours_and_they_are_asked_for_once() -> None:
    fleet, shard, world = Fleet([1, 2]), TrendShard(), World()
    closed = fleet.bucket()
    take(shard, [closed], world)
    one, two = shard.standings([closed])
    assert one.learned == two.learned > 8000
    assert one.expected == pytest.approx(171 / 180, abs=0.001)
    assert np.allclose(one.profile, 171 / 180, atol=0.001)
    take(shard, fleet.buckets(3), world)
    assert world.asked == 1


def test_hours_of_another_target_teach_nothing() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World()
    fleet.target_ms = 800
    closed = fleet.bucket()
    take(shard, [closed], world)
    assert shard.standings([closed])[0].learned == 1


def test_a_new_target_begins_anew_and_ends_what_was_open() -> None:
    fleet, shard, world = Fleet([1, 2]), TrendShard(), World()
    fleet.shares[1] = BAD
    take(shard, fleet.buckets(200), world)
    fleet.target_ms = 250
    closed = fleet.bucket()
    found, _ = take(shard, [closed], world)
    assert states(found) == [(1, "down", "ended", "measured anew")]
    assert [signal.state for signal in found.signals] == ["over"]
    assert [standing.learned for standing in shard.standings([closed])] == [1, 1]


def test_the_row_of_a_removed_monitor_is_another_s_later_and_tells_it_nothing() -> None:
    fleet, shard, world = Fleet([1, 2]), TrendShard(), World()
    take(shard, fleet.buckets(24), world)
    world.removed, world.stored = {1}, False
    take(shard, [ClosedBucket(fleet.next_ms, ())], world)
    fleet.monitors, fleet.shares = [2, 3], dict.fromkeys((2, 3), GOOD)
    fleet.next_ms += BUCKET_MS
    closed = fleet.bucket()
    take(shard, [closed], world)
    assert [(s.monitor, s.learned > 8000) for s in shard.standings([closed])] == [(2, True), (3, False)]


def test_a_stricter_budget_raises_the_thresholds_within_the_hour() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World()
    fleet.shares[1] = (0.9, 0.085, 0.015)
    buckets = fleet.buckets(60)
    take(shard, buckets, world)
    before = shard.standings(buckets)[0].down
    world.allowed = 0.01
    hour = fleet.buckets(12)
    take(shard, hour[:1], world)
    strict = shard.standings(hour[:1])[0].down
    assert 0 < strict < 0.9 * before


def test_a_replay_from_a_snapshot_finds_the_same() -> None:
    fleet, shard, world = Fleet([1, 2, 3], seed=5), TrendShard(), World()
    take(shard, fleet.buckets(100), world)
    fleet.shares[2] = BAD
    buckets = fleet.buckets(400)
    snapshot = pickle.dumps(shard)
    first = take(shard, buckets[:350], world)
    again: TrendShard = pickle.loads(snapshot)
    second = take(again, buckets[:350], world)
    assert first[0] == second[0]
    assert first[0].rows
    assert [one.day for one in first[1]] == [one.day for one in second[1]] == [T0 // DAY_MS]
    assert take(shard, buckets[350:], world)[0] == take(again, buckets[350:], world)[0]


def test_a_new_day_tells_the_scores_of_the_days_before() -> None:
    fleet, shard, world = Fleet([1, 2]), TrendShard(), World()
    _, daily = take(shard, fleet.buckets(288 + 1), world)
    (told,) = daily
    assert (told.day, told.monitors, told.accounts, told.scores.shape) == (T0 // DAY_MS, (1, 2), (1, 1), (2, 28))
    assert np.isfinite(told.scores).all()
    assert told.since == (0, 0)


def test_a_shard_without_monitors_passes_the_time_and_takes_one_later() -> None:
    fleet, shard, world = Fleet([1]), TrendShard(), World()
    hours = [ClosedBucket(T0 + hour * 12 * BUCKET_MS, ()) for hour in range(-30, 0)]
    found, daily = take(shard, hours, world)
    assert (found.rows, [one.monitors for one in daily]) == ([], [()])
    take(shard, fleet.buckets(2), world)
    assert shard.standings([ClosedBucket(T0, ())]) == []
