"""Rules about anomalies: windows judged one by one are what was learned from all at once; and what an alert says."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from alerting.learned import LearnedSeries
from alerting.machine import SubjectState
from alerting.rules import Rule, rule_adapter
from alerting.rules.anomaly import Anomaly
from alerting.titles import Titles
from alerting.unusual import MINUTE_MS, Judged, Unusual
from vedette.events.signals import Signal
from vedette.statistics.anomaly import HOURS, Usual, directed, in_a_row, starts

SPEC = Anomaly(name="odd", kind="anomaly", series="load", window_s=300, windows=2)
FLAT = LearnedSeries(Usual(np.zeros(HOURS), np.ones(24)), 3.0, 5.0, is_counter=False)
SUBJECT = "series:web/load"
T0 = 1_700_000_000_000 // 3_600_000 * 3_600_000


def judged(values: list[float], spec: Anomaly = SPEC, learned: LearnedSeries = FLAT) -> list[Judged]:
    """A reading each minute; one more closes the last window."""
    state, found = Unusual(spec.window_s * 1000), []
    for minute, value in enumerate([*values, 0.0]):
        if not np.isnan(value):
            told = state.add(T0 + minute * MINUTE_MS + 7_000, value, spec, learned)
            if told is not None:
                found.append(told)
    return found


def windows(*means: float) -> list[float]:
    return [mean for mean in means for _ in range(5)]


@pytest.mark.parametrize("direction", ["above", "below", "both"])
def test_anomalies_begin_where_they_were_counted_when_it_was_learned(direction: str) -> None:
    random = np.random.default_rng(5)
    for run in range(30):
        scores = np.where(random.random(120) < 0.3, random.normal(0, 6, 120), random.normal(size=120))
        spec = SPEC.model_copy(update={"direction": direction, "windows": 1 + run % 3})
        told = judged(windows(*scores), spec)
        assert [one.score for one in told] == pytest.approx(scores.tolist())
        begun = sum(
            now.anomalous and not was.anomalous
            for was, now in zip([told[0]._replace(anomalous=False), *told], told, strict=False)
        )
        peaks = in_a_row(directed(scores[None, :], direction), spec.windows)
        assert begun == starts(peaks, FLAT.threshold)


def test_a_minute_is_its_last_reading_and_of_a_counter_its_highest() -> None:
    for is_counter, mean in ((False, 2.0), (True, 9.0)):
        learned = LearnedSeries(FLAT.usual, 3.0, 5.0, is_counter)
        state, told = Unusual(300_000), None
        for minute in range(6):
            for second, value in ((5, 9.0), (15, 4.0), (25, 2.0)):
                told = state.add(T0 + minute * MINUTE_MS + second * 1000, value, SPEC, learned) or told
        assert told is not None
        assert told.mean == mean
        assert state.add(T0, 100.0, SPEC, learned) is None  # of a minute that is over


def test_windows_with_few_minutes_or_none_break_a_row() -> None:
    nan = float("nan")
    assert [one.anomalous for one in judged(windows(9, 9, 9))] == [False, True, True]
    few = [9.0, 9.0, 9.0, 9.0, 9.0, 9.0, 9.0, nan, nan, nan, *windows(9, 9)]
    assert [one.anomalous for one in judged(few)] == [False, False, True]
    gone = [*windows(9), *[nan] * 5, *windows(9, 9)]
    assert [one.anomalous for one in judged(gone)] == [False, False, True]
    long_gone = [*windows(9, 9), *[nan] * 20, *windows(0)]
    assert [one.anomalous for one in judged(long_gone)] == [False, True, False]


def test_within_the_floor_nothing_is_unusual() -> None:
    spec = SPEC.model_copy(update={"floor": 20.0})
    assert not any(one.anomalous for one in judged(windows(9, 9, 9), spec))
    assert judged(windows(30, 30), spec)[-1].anomalous


def test_an_alert_says_what_would_be_usual_and_ends() -> None:
    rule = Rule(4, 1, SPEC, 0, FLAT)
    state, found = SubjectState(), []
    for minute, value in enumerate([*windows(0, 9.4, 9.4, 9.4), *windows(0) * 5, 0.0]):
        signal = Signal("series", 1, SUBJECT, T0 + minute * MINUTE_MS, value=value)
        found += state.apply(signal, [rule], Titles())
    assert [(one.state, (one.at - T0) // 300_000) for one in found] == [("firing", 3), ("resolved", 8)]
    assert found[0].title == "load of web is 9.4, usually 0 at this hour of the week"
    assert (found[0].value, found[0].detail["score"], found[0].detail["threshold"]) == (9.4, 9.4, 3.0)


def test_while_it_is_not_known_what_is_usual_there_is_no_alert_and_one_that_fires_ends() -> None:
    state, found = SubjectState(), []
    for minute, value in enumerate(windows(9, 9, 9, 9)):
        signal = Signal("series", 1, SUBJECT, T0 + minute * MINUTE_MS, value=value)
        learned = None if minute < 3 or minute > 17 else FLAT
        found += state.apply(signal, [Rule(4, 1, SPEC, 0, learned)], Titles())
    assert [one.state for one in found] == ["firing", "resolved"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"window_s": 60},
        {"windows": 0},
        {"false_alarms_per_week": 0.1},
        {"false_alarms_per_week": float("inf")},
        {"floor": -1},
        {"direction": "up"},
        {"series": "{"},
        {"series": None},
    ],
)
def test_settings_that_cannot_be_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError) as caught:
        rule_adapter.validate_python({"name": "odd", "kind": "anomaly", "series": "load", **wrong})
    assert next(iter(wrong)) in str(caught.value)


def test_an_alert_ends_though_too_few_minutes_come_from_then_on() -> None:
    rule = Rule(4, 1, SPEC, 0, FLAT)
    state, found = SubjectState(), []
    minutes = [*range(15), *range(15, 60, 5)]  # it reports every minute, and later every five
    for minute in minutes:
        value = 9.0 if minute < 15 else 0.0
        found += state.apply(Signal("series", 1, SUBJECT, T0 + minute * MINUTE_MS, value=value), [rule], Titles())
    assert [one.state for one in found] == ["firing", "resolved"]
