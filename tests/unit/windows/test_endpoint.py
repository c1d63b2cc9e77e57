"""Endpoint windows against the oracle: any order, duplicates, lateness, restarts."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.endpoint_oracle import DAY, HOUR, MINUTE, EndpointOracle, Key
from vedette.events.checks import OUTCOMES, CheckRecord, Outcome
from vedette.events.signals import Signal
from vedette.statistics.sketch import Sketch
from vedette.store.checks import CheckBatch, CheckWindow, StateRow
from vedette.windows.endpoint import EndpointShard
from vedette.windows.tally import Place
from vedette.windows.votes import Policy

T0 = 1_700_000_000_000 - 1_700_000_000_000 % DAY
LATENESS = 120_000


def check(slot: int, outcome: Outcome = "up", ms: float = 10, **fields: object) -> CheckRecord:
    """The check of second `slot` after T0."""
    given = {"monitor": 1, "location": "x", "started_ms": T0 + slot * 1000, "account": 1, **fields}
    return CheckRecord(scheduled_ms=T0 + slot * 1000, outcome=outcome, total_ms=ms, **given)  # type: ignore[arg-type]


class Tables:
    """The store, as upserts leave it, and the signals in the order of their coming."""

    def __init__(self) -> None:
        self.minutes: dict[Key, CheckWindow] = {}
        self.hours: dict[Key, CheckWindow] = {}
        self.days: dict[Key, CheckWindow] = {}
        self.states: dict[Place, StateRow] = {}
        self.raw: list[CheckRecord] = []
        self.signals: list[Signal] = []

    def take(self, flushed: tuple[CheckBatch, list[Signal]] | None) -> None:
        if flushed is None:
            return
        batch, signals = flushed
        self.minutes |= {(w.monitor, w.location, w.bucket_ms): w for w in batch.minutes}
        self.hours |= {(w.monitor, w.location, w.bucket_ms): w for w in batch.hours}
        self.days |= {(w.monitor, w.location, w.bucket_ms): w for w in batch.days}
        self.states |= {(s.monitor, s.location): s for s in batch.states}
        self.raw += batch.results
        self.signals += signals


def assert_rows(found: dict[Key, CheckWindow], expected: dict[Key, dict[str, float | None]]) -> None:
    assert found.keys() == expected.keys()
    for key, row in found.items():
        counts = {**row._asdict(), "count": Sketch.from_bytes(row.sketch).count}
        assert {name: counts[name] for name in expected[key]} == pytest.approx(expected[key]), key


def numbers(data: bytes | None) -> set[int]:
    assert data is not None
    bits = int.from_bytes(data, "big")
    return {number for number in range(8 * len(data)) if bits >> number & 1}


def assert_minutes(found: dict[Key, CheckWindow], expected: dict[Key, tuple[set[int], set[int]]]) -> None:
    assert {key: (numbers(row.good), numbers(row.counted)) for key, row in found.items()} == expected


results = st.builds(
    lambda monitor, location, slot, outcome, ms, attempt: check(
        slot, outcome, ms, monitor=monitor, location=location, attempt=attempt
    ),
    st.integers(1, 2),
    st.sampled_from("xy"),
    st.integers(0, 400) | st.integers(3400, 4000) | st.integers(86_000, 86_800),
    st.sampled_from(OUTCOMES),
    st.sampled_from([0.0, 10.0, 500.0, 501.0, 2000.0, 2001.0]),
    st.integers(1, 2),
)
steps = st.lists(st.tuples(st.sampled_from(["fold", "flush", "restart"]), st.lists(results, max_size=10)), max_size=12)


@given(steps)
@settings(max_examples=300, deadline=None)
def test_any_stream_gives_the_rows_of_the_oracle(plan: list[tuple[str, list[CheckRecord]]]) -> None:
    shard, tables, oracle = EndpointShard(LATENESS), Tables(), EndpointOracle(LATENESS)
    for action, batch in plan:
        for result in batch:
            shard.fold(result)
            oracle.add(result)
        if action == "flush":
            tables.take(shard.flush())
        if action == "restart":
            shard = pickle.loads(pickle.dumps(shard))
    tables.take(shard.flush())
    assert_rows(tables.minutes, oracle.windows(MINUTE))
    for rows, width in ((tables.hours, HOUR), (tables.days, DAY)):
        assert_rows(rows, oracle.windows(width))
        assert_minutes(rows, oracle.minutes(width))
    assert tables.raw == oracle.raw
    assert (shard.late, shard.duplicates) == (oracle.late, oracle.duplicates)
    assert {place: (s.outcome, s.at_ms, s.since_ms) for place, s in tables.states.items()} == oracle.states()


@given(st.lists(results, max_size=30), st.lists(results, max_size=30))
@settings(max_examples=100, deadline=None)
def test_a_replay_after_a_crash_ends_with_the_same_rows_and_signals(
    first: list[CheckRecord], second: list[CheckRecord]
) -> None:
    shard, tables = EndpointShard(LATENESS), Tables()
    for result in first:
        shard.fold(result)
    tables.take(shard.flush())
    snapshot, known = pickle.dumps(shard), len(tables.signals)
    for result in second:
        shard.fold(result)
    tables.take(shard.flush())  # written, and then the process dies before its next snapshot
    again, replayed = pickle.loads(snapshot), Tables()
    for result in second:
        again.fold(result)
        replayed.take(again.flush())
    assert replayed.signals == tables.signals[known:]
    assert {**tables.minutes, **replayed.minutes} == tables.minutes
    assert {**tables.hours, **replayed.hours} == tables.hours
    assert {**tables.days, **replayed.days} == tables.days
    assert {**tables.states, **replayed.states} == tables.states


@given(st.lists(results, max_size=60))
@settings(max_examples=200, deadline=None)
def test_signals_of_one_place_are_always_newer_than_the_ones_before(stream: list[CheckRecord]) -> None:
    shard = EndpointShard(LATENESS)
    for result in stream:
        shard.fold(result)
    flushed = shard.flush()
    last: dict[str, int] = {}
    for signal in flushed[1] if flushed else []:
        assert signal.at > last.get(signal.subject, -1)
        last[signal.subject] = signal.at


def signals_of(*stream: CheckRecord) -> list[tuple[str, object]]:
    shard = EndpointShard()
    for result in stream:
        shard.fold(result)
    flushed = shard.flush()
    assert flushed is not None
    return [(signal.state, signal.detail["failures"]) for signal in flushed[1]]


def test_a_down_is_signalled_each_time_with_its_failures_and_an_up_once() -> None:
    stream = (check(0), check(1), check(2, "down"), check(3, "down"), check(4), check(5), check(6, "down"))
    assert signals_of(*stream) == [("up", 0), ("down", 1), ("down", 2), ("up", 0), ("down", 1)]


def test_an_endpoint_that_is_well_is_announced_once_and_degraded_is_not_down() -> None:
    assert signals_of(check(0, "degraded"), check(1), check(2, "degraded")) == [("up", 0)]


def test_what_the_probe_failed_at_neither_signals_nor_breaks_a_row_of_failures() -> None:
    assert signals_of(check(0, "missed"), check(1, "down"), check(2, "probe_error"), check(3, "down")) == [
        ("down", 1),
        ("down", 2),
    ]


def test_an_up_after_a_check_that_ended_late_is_still_newer() -> None:
    shard = EndpointShard()
    shard.fold(check(0, "down", 30_000))  # a time-out that ends after the next check
    shard.fold(check(1, "up", 5))
    flushed = shard.flush()
    assert flushed is not None
    down, up = flushed[1]
    assert (down.at, up.at) == (T0 + 30_000, T0 + 30_001)


def test_an_older_result_that_comes_later_changes_neither_state_nor_signals() -> None:
    shard, tables = EndpointShard(), Tables()
    shard.fold(check(10))
    shard.fold(check(5, "down"))
    tables.take(shard.flush())
    assert [(s.outcome, s.at_ms) for s in tables.states.values()] == [("up", T0 + 10_000)]
    assert [signal.state for signal in tables.signals] == ["up"]
    assert tables.minutes[1, "x", T0].down == 1


def test_missed_and_probe_error_leave_the_denominators() -> None:
    shard, tables = EndpointShard(), Tables()
    for slot, outcome in enumerate(("missed", "probe_error", "up", "down")):
        shard.fold(check(slot, outcome, 100))  # type: ignore[arg-type]
    tables.take(shard.flush())
    row = tables.minutes[1, "x", T0]
    assert (row.missed, row.probe_error, row.up, row.down) == (1, 1, 1, 1)
    assert (row.satisfied, row.tolerating, row.frustrated) == (1, 0, 1)
    assert (row.sum_ms, row.min_ms, row.max_ms, Sketch.from_bytes(row.sketch).count) == (100, 100, 100, 1)


def test_a_re_check_is_kept_and_is_the_place_s_last_word_but_counts_nowhere() -> None:
    shard, tables = EndpointShard(), Tables()
    for result in (check(0), check(1, "down", attempt=2), check(2, attempt=3)):
        shard.fold(result)
    tables.take(shard.flush())
    (minute,), (hour,) = tables.minutes.values(), tables.hours.values()
    for row in (minute, hour):
        assert (row.up, row.down, row.satisfied, row.frustrated, row.sum_ms) == (1, 0, 1, 0, 10)
    assert [result.attempt for result in tables.raw] == [1, 2, 3]
    assert [signal.state for signal in tables.signals] == ["up", "down", "up"]
    alone = EndpointShard()
    alone.fold(check(5, "down", attempt=2))
    flushed = alone.flush()
    assert flushed is not None
    assert (flushed[0].minutes, flushed[0].hours, len(flushed[0].results)) == ([], [], 1)
    assert [state.outcome for state in flushed[0].states] == ["down"]


def reviewed(policy: Policy, *, removed: bool = False) -> tuple[EndpointShard, list[tuple[str, str, int]]]:
    shard = EndpointShard()
    for place, outcome in (("x", "down"), ("y", "down"), ("z", "up")):
        shard.fold(check(0, outcome, location=place))  # type: ignore[arg-type]
    shard.flush()
    shard.review(lambda monitor: policy, lambda monitor: removed)
    flushed = shard.flush()
    return shard, [(s.subject, s.state, s.at) for s in (flushed[1] if flushed else [])]


def test_what_fails_where_nobody_watches_any_more_is_signalled_to_be_over_once() -> None:
    later = T0 + 9000
    shard, found = reviewed(Policy(paused=True, changed_ms=later))
    assert found == [("monitor:1@x", "paused", later), ("monitor:1@y", "paused", later)]
    shard.review(lambda monitor: Policy(paused=True, changed_ms=later), lambda monitor: False)
    assert shard.flush() is None
    shard.fold(check(20, "down", location="x"), None)  # of a probe that has not heard of it
    flushed = shard.flush()
    assert flushed is not None
    assert (flushed[1], len(flushed[0].minutes)) == ([], 1)
    assert reviewed(Policy(locations=frozenset("yz"), changed_ms=later))[1] == [("monitor:1@x", "unknown", later)]
    assert reviewed(Policy())[1] == []


def test_a_removed_monitor_is_forgotten_without_a_word() -> None:
    shard, found = reviewed(Policy(), removed=True)
    assert (shard.places, found) == ({}, [])


def test_nothing_new_is_nothing_to_write() -> None:
    shard = EndpointShard()
    assert shard.flush() is None
    shard.fold(check(0))
    assert shard.flush() is not None
    assert shard.flush() is None
    shard.fold(check(0))
    assert shard.flush() is None


def test_closed_windows_are_forgotten_and_open_ones_kept() -> None:
    shard = EndpointShard(LATENESS)
    for slot in range(0, 7200, 30):
        shard.fold(check(slot))
        shard.flush()
    state = shard.places[1, "x"]
    assert len(state.minutes) <= 2 + LATENESS // MINUTE
    assert len(state.hours) == 1
