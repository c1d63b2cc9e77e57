"""What checks say one by one: in order, once, of what rules are about."""

from __future__ import annotations

import pickle
from collections.abc import Collection
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from vedette.events.check_series import NAMES, check_series_of
from vedette.events.checks import CheckRecord
from vedette.events.signals import Signal
from vedette.windows.check_readings import LATENESS_MS, ReadingShard
from vedette.windows.incident import end_ms
from vedette.windows.votes import Policy

T0 = 1_700_000_000_000


def check(at_s: float, location: str = "eu", **fields: Any) -> CheckRecord:
    told = {"outcome": "up", "total_ms": 100.0, "apdex_t_ms": 200, "account": 1, **fields}
    return CheckRecord(monitor=3, location=location, scheduled_ms=T0, started_ms=T0 + round(at_s * 1000), **told)


def every(account: int, monitor: int, location: str) -> Collection[str]:
    return NAMES


def told(*results: CheckRecord, wanted: Collection[str] = NAMES) -> list[Signal]:
    shard = ReadingShard()
    for result in results:
        shard.fold(result, end_ms(result), lambda account, monitor, location: wanted)
    return shard.take()


def test_a_check_says_its_score_whether_it_failed_and_how_long_it_took_of_its_place_and_of_the_whole() -> None:
    found = {signal.subject: signal.value for signal in told(check(0, total_ms=300.0))}
    assert found == {
        "monitor:3/endpoint.apdex": 0.5, "monitor:3/endpoint.failure_ratio": 0, "monitor:3/endpoint.duration_ms": 300,
        "monitor:3@eu/check.apdex": 0.5, "monitor:3@eu/check.failure_ratio": 0, "monitor:3@eu/check.duration_ms": 300,
    }  # fmt: skip


def test_a_failed_check_has_no_duration_and_one_that_says_nothing_no_reading() -> None:
    failed = {signal.subject: signal.value for signal in told(check(0, outcome="down"), wanted=NAMES[:3])}
    assert failed == {"monitor:3/endpoint.apdex": 0, "monitor:3/endpoint.failure_ratio": 1}
    assert told(check(0, outcome="probe_error"), check(1, outcome="missed")) == []


def test_nothing_is_told_that_no_rule_is_about() -> None:
    assert told(check(0), wanted=()) == []
    assert [s.subject for s in told(check(0), wanted=("check.apdex",))] == ["monitor:3@eu/check.apdex"]


@given(st.lists(st.tuples(st.integers(0, 300), st.sampled_from(["eu", "us"])), max_size=30))
def test_times_of_a_series_grow_in_whatever_order_checks_come(given_: list[tuple[int, str]]) -> None:
    last: dict[str, int] = {}
    for signal in told(*(check(at, place) for at, place in given_)):
        assert signal.at > last.get(signal.subject, -1)
        last[signal.subject] = signal.at


def test_what_a_probe_had_kept_for_long_is_not_told() -> None:
    late = LATENESS_MS / 1000
    assert len(told(check(late + 1), check(0, "us"), wanted=("endpoint.apdex",))) == 1
    assert len(told(check(late), check(0, "us"), wanted=("endpoint.apdex",))) == 2
    assert len(told(check(late + 1), check(0, "us"), wanted=("check.apdex",))) == 2, "its own place's last was earlier"


def test_of_what_is_paused_or_looked_at_no_more_it_is_said_once_that_it_is_over() -> None:
    shard = ReadingShard()
    for place in ("eu", "us"):
        shard.fold(check(0, place), T0, every)
    shard.take()
    away = Policy(locations=frozenset({"eu"}), changed_ms=T0 + 5000)
    for _ in range(2):
        shard.review(lambda monitor: away, lambda monitor: False)
    found = shard.take()
    assert {(s.subject, s.state, s.at) for s in found} == {
        (f"monitor:3@us/{name}", "over", T0 + 5000) for name in NAMES if name.startswith("check.")
    }
    paused = Policy(paused=True, changed_ms=T0)
    shard.review(lambda monitor: paused, lambda monitor: False)
    assert {s.subject.partition("/")[0] for s in shard.take()} == {"monitor:3", "monitor:3@eu"}
    again = pickle.loads(pickle.dumps(shard))
    again.fold(check(60, "us"), T0 + 60_000, every)
    assert {s.state for s in again.take()} == {""}
    for said in ({("monitor:3", "over"), ("monitor:3@us", "over")}, set()):
        again.review(lambda monitor: paused, lambda monitor: True)
        assert {(s.subject.partition("/")[0], s.state) for s in again.take()} == said, "eu was over already"


def test_subjects_name_their_series() -> None:
    for signal in told(check(0)):
        series = check_series_of(signal.subject)
        assert series is not None
        assert series.subject == signal.subject
    for other in (
        "monitor:3",
        "monitor:3@eu",
        "monitor:x/endpoint.apdex",
        "monitor:3/other",
        "series:a/endpoint.apdex",
    ):
        assert check_series_of(other) is None


def test_in_maintenance_a_check_says_only_that_it_was() -> None:
    shard = ReadingShard()
    shard.fold(check(0), T0, every, {"maintenance": 1})
    assert {signal.detail.get("maintenance") for signal in shard.take()} == {1}


def test_a_check_that_ended_before_the_pause_and_comes_after_it_does_not_begin_the_series_again() -> None:
    shard, paused = ReadingShard(), Policy(paused=True, changed_ms=T0 + 60_500)
    shard.fold(check(0), end_ms(check(0)), every)
    shard.review(lambda monitor: paused, lambda monitor: False)
    assert {s.state for s in shard.take()} == {"", "over"}
    assert paused.watched("eu", end_ms(check(60)))
    shard.fold(check(60), end_ms(check(60)), every)
    assert shard.take() == []
    shard.fold(check(61), end_ms(check(61)), every)
    assert {s.state for s in shard.take()} == {""}
