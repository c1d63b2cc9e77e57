"""Availability over minutes, hours and days, against counting by hand."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.windows.endpoint_oracle import EndpointOracle
from vedette.errors import InvalidInput
from vedette.events.checks import OUTCOMES, CheckRecord
from vedette.history.availability import DAY_MS, HOUR_MS, MINUTE_MS, extent, measure, report
from vedette.history.checking import fold_checks
from vedette.store.check_columns import CheckColumns, Tier, from_windows
from vedette.store.checks import CheckWindow


def columns(tier: Tier, *windows: CheckWindow) -> list[CheckColumns]:
    return [from_windows(windows, tier, "location")]


def window(location: str, bucket: int, good: int, down: int, missed: int = 0) -> CheckWindow:
    return CheckWindow(1, location, bucket, 500, good, 0, down, good, 0, down, missed, missed, 0.0, None, None, b"")


def test_a_short_range_is_read_by_minutes_and_a_long_one_by_hours() -> None:
    assert extent(61_000, 119_000) == (found := extent(60_000, 120_000))
    assert found.unit_ms == MINUTE_MS
    long = extent(1, 2 * DAY_MS + 2)
    assert (long.unit_ms, long.from_ms, long.to_ms) == (HOUR_MS, 0, 2 * DAY_MS + HOUR_MS)


def test_a_short_range_can_be_read_by_hours_and_days_with_minutes_at_its_ends() -> None:
    now = 100 * DAY_MS
    found = extent(DAY_MS - 30 * MINUTE_MS, 2 * DAY_MS + HOUR_MS + MINUTE_MS)
    assert found.coarse(now) == [
        ("1m", DAY_MS - 30 * MINUTE_MS, DAY_MS),
        ("1d", DAY_MS, 2 * DAY_MS),
        ("1h", 2 * DAY_MS, 2 * DAY_MS + HOUR_MS),
        ("1m", 2 * DAY_MS + HOUR_MS, 2 * DAY_MS + HOUR_MS + MINUTE_MS),
    ]
    within = extent(HOUR_MS + MINUTE_MS, HOUR_MS + 5 * MINUTE_MS)
    assert within.coarse(now) == within.pieces(now)
    long = extent(0, 9 * DAY_MS + HOUR_MS)
    assert long.coarse(now) == long.pieces(now)


@given(st.integers(0, 10 * DAY_MS), st.integers(1, 3 * DAY_MS), st.integers(0, 20 * DAY_MS))
def test_the_pieces_of_a_range_leave_no_gap_and_do_not_overlap(from_ms: int, length: int, now: int) -> None:
    found = extent(from_ms, from_ms + length)
    pieces = found.coarse(now)
    assert pieces[0][1] == found.from_ms
    assert all(one[2] == following[1] for one, following in pairwise(pieces))
    # What is behind now is read along with its day: there is nothing in it.
    assert pieces[-1][2] == found.to_ms or pieces[-1][2] > now


def test_a_range_of_months_is_read_by_days_and_nothing_else() -> None:
    now = 100 * DAY_MS + 5 * HOUR_MS
    assert extent(now - 62 * DAY_MS, now).unit_ms == HOUR_MS
    found = extent(now - 90 * DAY_MS, now)
    assert (found.from_ms, found.to_ms, found.unit_ms) == (10 * DAY_MS, 101 * DAY_MS, DAY_MS)
    assert found.pieces(now) == [("1d", 10 * DAY_MS, 101 * DAY_MS)]
    assert found.fine() == [("1h", 10 * DAY_MS, 101 * DAY_MS)]
    past = extent(DAY_MS, 71 * DAY_MS)
    assert past.pieces(now) == [("1d", DAY_MS, 71 * DAY_MS)]


def test_of_a_long_range_whole_days_are_read_as_days_and_the_rest_as_hours() -> None:
    long = extent(HOUR_MS, 3 * DAY_MS + 2 * HOUR_MS)
    assert long.pieces(9 * DAY_MS) == [
        ("1h", HOUR_MS, DAY_MS), ("1d", DAY_MS, 3 * DAY_MS), ("1h", 3 * DAY_MS, 3 * DAY_MS + 2 * HOUR_MS),
    ]  # fmt: skip
    assert long.fine() == [("1h", HOUR_MS, 3 * DAY_MS + 2 * HOUR_MS)]
    assert extent(0, 4 * DAY_MS).pieces(9 * DAY_MS) == [("1d", 0, 4 * DAY_MS)]
    assert extent(0, DAY_MS).pieces(9 * DAY_MS) == [("1m", 0, DAY_MS)]


def test_of_a_range_that_ends_now_the_last_day_is_read_as_a_day() -> None:
    now = 3 * DAY_MS + 90 * MINUTE_MS
    assert extent(HOUR_MS, now).pieces(now) == [("1h", HOUR_MS, DAY_MS), ("1d", DAY_MS, 4 * DAY_MS)]
    ended = extent(HOUR_MS, now - HOUR_MS)
    assert ended.pieces(now)[1:] == [("1d", DAY_MS, 3 * DAY_MS), ("1h", 3 * DAY_MS, 3 * DAY_MS + HOUR_MS)]
    assert extent(0, 3 * DAY_MS).pieces(3 * DAY_MS) == [("1d", 0, 3 * DAY_MS)]


@pytest.mark.parametrize(("start", "end"), [(5, 5), (6, 5), (0, 3661 * DAY_MS)])
def test_a_range_that_is_empty_or_too_long_is_refused(start: int, end: int) -> None:
    with pytest.raises(InvalidInput, match="from"):
        extent(start, end)


def test_minutes_with_one_success_anywhere_are_up() -> None:
    windows = [window("a", 0, 1, 0), window("b", 0, 0, 1), window("a", MINUTE_MS, 0, 1), window("b", MINUTE_MS, 0, 1)]
    found = report(columns("1m", *windows))
    assert (found["uptime"], found["reachability"]) == (0.5, 0.25)
    assert [(place["location"], place["uptime"]) for place in found["locations"]] == [("a", 0.5), ("b", 0.0)]


@pytest.mark.parametrize("tier", ["1m", "1h", "1d"])
def test_missed_slots_and_the_probers_faults_are_in_no_denominator(tier: Tier) -> None:
    found = measure(columns(tier, window("a", 0, 1, 1, missed=7)))
    assert (found["reachability"], found["executed"], found["missed"], found["probe_error"]) == (0.5, 2, 7, 7)
    empty = measure(columns(tier, window("a", 0, 0, 0, missed=7)))
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
    exact, bound = measure(columns("1m", *minutes)), measure(columns("1h", *whole))
    assert (exact["exact"], bound["exact"]) == (True, False)
    assert bound["uptime"] <= exact["uptime"] + 1e-12
    assert bound["reachability"] == pytest.approx(exact["reachability"])
    alone = [w for w in whole if w.location == "a"]
    by_minutes = [w for w in minutes if w.location == "a"]
    assert measure(columns("1h", *alone))["uptime"] == pytest.approx(measure(columns("1m", *by_minutes))["uptime"])


START = 20_000 * DAY_MS
"""The start of a day."""
RESULTS = st.lists(
    st.builds(
        lambda place, minute, outcome: CheckRecord(1, place, START + minute * MINUTE_MS, START, outcome),
        st.sampled_from("abc"),
        st.integers(0, 5 * 1440 - 1) | st.integers(1430, 1450),
        st.sampled_from(OUTCOMES),
    ),
    max_size=80,
)


@given(RESULTS, st.integers(0, 119), st.integers(1, 120))
@settings(max_examples=200, deadline=None)
def test_any_range_of_days_and_hours_has_the_uptime_of_its_minutes(
    results: list[CheckRecord], first: int, length: int
) -> None:
    oracle = EndpointOracle(1 << 50)
    for result in results:
        oracle.add(result)
    wanted = extent(START + first * HOUR_MS, START + min(first + length, 120) * HOUR_MS)
    good, counted = set[int](), set[int]()
    for (_, _, start), sets in oracle.minutes(DAY_MS).items():
        for found, numbers in zip((good, counted), sets, strict=True):
            found |= {start + number * MINUTE_MS for number in numbers}
    inside = [{at for at in found if wanted.from_ms <= at < wanted.to_ms} for found in (good, counted)]
    tiers = fold_checks(results)
    parts = [
        part
        for tier, begin, end in wanted.pieces(wanted.to_ms + 1)
        for part in columns(tier, *(row for row in tiers[tier] if begin <= row.bucket_ms < end))
    ]
    found = measure(parts)
    assert found["exact"]
    assert found["uptime"] == (len(inside[0]) / len(inside[1]) if inside[1] else None)
