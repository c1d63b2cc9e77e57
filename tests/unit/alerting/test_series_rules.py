"""Rules about series: limits with hysteresis, changes over windows, and which definitions are refused."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from alerting.machine import Rule, SubjectState, Titles
from alerting.means import Means
from alerting.rules import rule_adapter
from vedette.events.signals import AlertTransition, Signal

HOUR = 3_600_000


def rule(kind: str = "threshold", **fields: Any) -> Rule:
    return Rule(1, 7, rule_adapter.validate_python({"name": "r", "kind": kind, "series": "cpu", **fields}))


def cpu(at_s: float, value: float, roles: str = "") -> Signal:
    return Signal(
        "series", 7, "series:web/cpu", int(at_s * 1000), value=value, detail={"roles": roles} if roles else {}
    )


def drive(one: Rule, *signals: Signal, state: SubjectState | None = None) -> list[AlertTransition]:
    kept = SubjectState() if state is None else state
    return [found for signal in signals for found in kept.apply(signal, [one], Titles())]


def moves(one: Rule, *values: float, every_s: float = 10) -> list[tuple[str, float]]:
    """State and value of each transition, for readings at equal times."""
    signals = [cpu(n * every_s, value) for n, value in enumerate(values)]
    return [(found.state, found.value or 0.0) for found in drive(one, *signals)]


def test_outside_is_below_the_first_or_above_the_second() -> None:
    assert moves(rule(outside=[10, 90]), 50, 10, 90, 91, 50, 9) == [("firing", 91), ("resolved", 50), ("firing", 9)]


def test_with_hysteresis_an_alert_ends_only_well_within_the_limit() -> None:
    assert moves(rule(above=90, clear_below=80), 91, 89, 80.5, 91, 80, 85, 91) == [
        ("firing", 91), ("resolved", 80), ("firing", 91),
    ]  # fmt: skip
    assert moves(rule(below=10, clear_above=20), 9, 11, 19, 20) == [("firing", 9), ("resolved", 20)]
    assert moves(rule(outside=[10, 90], clear_above=20, clear_below=80), 5, 15, 85, 50) == [
        ("firing", 5), ("resolved", 50),
    ]  # fmt: skip


def test_between_the_limits_nothing_fires_and_a_wait_is_broken() -> None:
    one = rule(above=90, clear_below=80, for_s=20)
    assert moves(one, 85, 85, 91, 91, 85, 91, 91) == []
    assert moves(one, 91, 91, 91) == [("firing", 91)]


def test_an_alert_ends_when_it_was_over_for_its_time_without_a_break() -> None:
    one = rule(above=90, clear_below=80, clear_for_s=20)
    assert moves(one, 95, 70, 70, 85, 70, 70) == [("firing", 95)]
    found = drive(one, *[cpu(n * 10, value) for n, value in enumerate((95, 70, 70, 95, 70, 70, 70))])
    assert [(t.state, t.at) for t in found] == [("firing", 0), ("resolved", 60_000)]


def test_a_gap_begins_the_time_of_being_over_anew() -> None:
    one = rule(above=90, clear_for_s=20)
    found = drive(one, cpu(0, 95), cpu(10, 50), cpu(4_000, 50), cpu(4_010, 50), cpu(4_020, 50))
    assert [(t.state, t.at) for t in found] == [("firing", 0), ("resolved", 4_020_000)]


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({}, "either above or below"),
        ({"above": 1, "outside": [0, 1]}, "either above or below"),
        ({"outside": [1]}, "outside"),
        ({"outside": [2, 1]}, "a lower and a higher"),
        ({"outside": [1, float("inf")]}, "finite"),
        ({"above": 1, "clear_above": 0}, "clear_below goes with above"),
        ({"below": 1, "clear_below": 2}, "clear_below goes with above"),
        ({"above": 1, "clear_below": 2}, "must lie within the limits"),
        ({"below": 1, "clear_above": 0}, "must lie within the limits"),
        ({"outside": [0, 9], "clear_above": 6, "clear_below": 5}, "must lie within the limits"),
        ({"kind": "change", "by": 0}, "by"),
        ({"kind": "change"}, "by"),
        ({"kind": "change", "by": 5, "window_s": 65}, "window_s"),
        ({"kind": "change", "by": 5, "window_s": 120, "against": "yesterday"}, "at least 300 for yesterday"),
        ({"kind": "change", "by": 5, "window_s": 600, "against": "last_week"}, "at least 1800 for last_week"),
        ({"kind": "change", "by": 5, "window_s": 5000, "against": "yesterday"}, "divides a day"),
        ({"kind": "absence", "for_s": 10}, "for_s"),
        ({"kind": "absence", "series": "{"}, "series"),
    ],
)
def test_a_bad_rule_is_refused_with_what_is_wrong(fields: dict[str, Any], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        rule(**{"kind": "threshold", **fields})


def change(**fields: Any) -> Rule:
    return rule("change", **{"window_s": 60, "by": 50, **fields})


def test_a_window_that_differs_too_much_from_the_one_before_fires_until_one_does_not() -> None:
    values = [10.0] * 6 + [16.0] * 6 + [17.0] * 6 + [4.0] * 6
    found = drive(change(), *[cpu(n * 10, value) for n, value in enumerate(values)], cpu(240, 4))
    assert [(t.state, t.at, t.value, t.detail["before"]) for t in found] == [
        ("firing", 120_000, 16.0, 10.0), ("resolved", 180_000, 17.0, 16.0), ("firing", 240_000, 4.0, 17.0),
    ]  # fmt: skip
    assert found[0].title == "cpu of web has risen by 60 %: 16, the window before 10"
    assert found[2].title == "cpu of web has fallen by 76.5 %: 4, the window before 17"


@pytest.mark.parametrize(
    ("fields", "now", "before", "holds"),
    [
        ({}, 15.1, 10, True),
        ({}, 15, 10, False),
        ({}, 4.9, 10, True),
        ({"direction": "up"}, 4.9, 10, False),
        ({"direction": "down"}, 15.1, 10, False),
        ({"direction": "down"}, 4.9, 10, True),
        ({"unit": "absolute", "by": 5}, 15.1, 10, True),
        ({"unit": "absolute", "by": 5}, 15, 10, False),
        ({"floor": 20}, 19, 1, False),
        ({"floor": 20}, 21, 1, True),
        ({"floor": 20}, 1, 21, True),
        ({}, 0.001, 0, True),
        ({}, 0, 0, False),
        ({}, -5, -10, False),
        ({}, -16, -10, True),
    ],
)
def test_what_a_change_is(fields: dict[str, Any], now: float, before: float, holds: bool) -> None:
    signal = cpu(0, now)
    signal.detail["before"] = before
    assert change(**fields).spec.holds(signal) is holds


def test_yesterday_is_the_window_of_24_hours_ago() -> None:
    one = change(window_s=3600, against="yesterday")
    state = SubjectState()
    # Each hour of the day has its own level: against the hour before there would be alerts all day long.
    for day in range(3):
        for quarter in range(96):
            level = 100.0 * (1 + quarter // 4) * (2 if day == 2 and quarter // 4 == 5 else 1)
            for found in drive(one, cpu(day * 86_400 + quarter * 900, level), state=state):
                hour = found.at / HOUR - 48
                assert (found.state, hour) in {("firing", 6.0), ("resolved", 7.0)}
    assert state.rules[1].starts


def test_windows_with_few_readings_and_windows_after_a_gap_say_nothing() -> None:
    full = [cpu(n * 10, 10) for n in range(6)]
    assert drive(change(), *full, cpu(60, 99), cpu(70, 99), cpu(120, 99)) == []
    assert drive(change(), *full, *[cpu(60 + n * 10, 99) for n in range(6)], cpu(190, 99)) == []


def test_a_changed_window_begins_a_new_memory_and_keeps_the_alert() -> None:
    state = SubjectState()
    fired = drive(change(), *[cpu(n * 10, 10 if n < 6 else 20) for n in range(13)], state=state)
    assert [t.state for t in fired] == ["firing"]
    assert drive(change(window_s=120), cpu(130, 20), cpu(140, 20), state=state) == []
    over = drive(change(window_s=120), *[cpu(n * 10, 20) for n in range(24, 49)], state=state)
    assert [(t.state, t.alert == fired[0].alert) for t in over] == [("resolved", True)]


@given(st.lists(st.tuples(st.integers(0, 3_000), st.integers(-5, 5)), max_size=80), st.integers(1, 5))
def test_means_are_those_of_the_readings_in_the_windows_and_memory_is_bounded(
    readings: list[tuple[int, int]], back: int
) -> None:
    memory, seen, newest = Means(100, back), [(0, 0)] * 0, -1
    for at, value in readings:
        window, found = at // 100, memory.add(at, value)
        if window >= newest:
            now = [v for w, v in seen if w == newest]
            then = [v for w, v in seen if w == newest - back]
            enough = now and then and len(now) * 2 >= len(then) and len(then) * 2 >= len(now)
            if window == newest + 1 and enough:
                assert found == (sum(now) / len(now), sum(then) / len(then))
            else:
                assert found is None
            newest = window
            seen.append((window, value))
        else:
            assert found is None
        assert len(memory.sums) == len(memory.counts) == back + 1 or newest < 0


def test_a_series_of_a_host_that_lost_the_role_is_over() -> None:
    for one in (
        rule(series='cpu{role="db"}', above=1, clear_below=-5),
        rule("change", series='cpu{role="db"}', by=1, window_s=60),
    ):
        state = SubjectState()
        values = [1.5] * 6 + [9.5] * 7
        found = drive(one, *[cpu(n * 10, v, "db") for n, v in enumerate(values)], cpu(130, 9.5), state=state)
        assert [t.state for t in found] == ["firing", "resolved"]


def test_means_that_no_float_holds_say_nothing_and_the_windows_after_them_do() -> None:
    means = Means(60_000, 1)
    readings = [(0, 1.0), (60_000, 1.7e308), (70_000, 1.7e308), (120_000, 1.0), (180_000, 3.0), (240_000, 1.0)]
    assert [means.add(*reading) for reading in readings] == [None, None, None, None, None, (3.0, 1.0)]
