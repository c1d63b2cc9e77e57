"""Availability over minutes and hours, against counting by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest_api.availability import DAY_MS, HOUR_MS, MINUTE_MS, extent, measure, report
from vedette.errors import InvalidInput
from vedette.store.checks import CheckWindow


def window(location: str, bucket: int, good: int, down: int, missed: int = 0) -> CheckWindow:
    return CheckWindow(1, location, bucket, 500, good, 0, down, good, 0, down, missed, missed, 0.0, None, None, b"")


def test_a_short_range_is_read_by_minutes_and_a_long_one_by_hours() -> None:
    assert extent(61_000, 119_000) == (found := extent(60_000, 120_000))
    assert not found.hours
    long = extent(1, 2 * DAY_MS + 2)
    assert (long.hours, long.from_ms, long.to_ms) == (True, 0, 2 * DAY_MS + HOUR_MS)


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (0, 3661 * DAY_MS)])
def test_a_range_that_is_empty_or_too_long_is_refused(start: int, end: int) -> None:
    with pytest.raises(InvalidInput, match="from"):
        extent(start, end)


def test_minutes_with_one_success_anywhere_are_up() -> None:
    windows = [window("a", 0, 1, 0), window("b", 0, 0, 1), window("a", MINUTE_MS, 0, 1), window("b", MINUTE_MS, 0, 1)]
    found = report(windows, hours=False)
    assert (found["uptime"], found["reachability"]) == (0.5, 0.25)
    assert [(place["location"], place["uptime"]) for place in found["locations"]] == [("a", 0.5), ("b", 0.0)]


@pytest.mark.parametrize("hours", [False, True])
def test_missed_slots_and_the_probers_faults_are_in_no_denominator(hours: bool) -> None:
    found = measure([window("a", 0, 1, 1, missed=7)], hours=hours)
    assert (found["reachability"], found["executed"], found["missed"], found["probe_error"]) == (0.5, 2, 7, 7)
    empty = measure([window("a", 0, 0, 0, missed=7)], hours=hours)
    assert (empty["uptime"], empty["reachability"]) == (None, None)


CHECKS = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=60)


@given(st.lists(CHECKS, min_size=1, max_size=4))
def test_an_hours_uptime_is_never_better_than_that_of_its_minutes(hours: list[list[tuple[bool, bool]]]) -> None:
    """Two places check each minute; the hours of what they saw give at most the uptime of the minutes."""
    minutes, whole = [], []
    for number, checks in enumerate(hours):
        for at, pair in enumerate(checks):
            bucket = number * HOUR_MS + at * MINUTE_MS
            minutes += [window(place, bucket, good, not good) for place, good in zip("ab", pair, strict=True)]
        for place, column in zip("ab", zip(*checks, strict=True), strict=True):
            whole.append(window(place, number * HOUR_MS, sum(column), len(column) - sum(column)))
    exact, bound = measure(minutes, hours=False), measure(whole, hours=True)
    assert bound["uptime"] <= exact["uptime"] + 1e-12
    assert bound["reachability"] == pytest.approx(exact["reachability"])
    alone = [w for w in whole if w.location == "a"]
    by_minutes = [w for w in minutes if w.location == "a"]
    assert measure(alone, hours=True)["uptime"] == pytest.approx(measure(by_minutes, hours=False)["uptime"])
