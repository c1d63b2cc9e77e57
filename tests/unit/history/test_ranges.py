"""Ranges, horizons and the cache: plain arithmetic of what is replaced, read and kept."""

from __future__ import annotations

from vedette.history.cache import Cache
from vedette.history.horizon import cells, horizon_ms
from vedette.history.ranges import Beginning, widened
from vedette.history.ranges import spans as spans_of
from vedette.settings import TableSettings

HOUR, DAY = 3_600_000, 86_400_000
T0 = 1_699_920_000_000
"""The start of a UTC day."""
FOR_EVER = TableSettings(keep_10s_days=0, keep_1m_days=0, keep_1h_days=0, keep_1d_days=0)


def test_a_range_is_widened_to_whole_hours_and_to_the_day_if_that_is_settled() -> None:
    wanted = widened(T0 + 5, T0 + HOUR + 5, T0 + 2 * DAY)
    assert (wanted.from_ms, wanted.to_ms, wanted.complete_ms) == (T0, T0 + 2 * HOUR, T0 + DAY)
    wanted = widened(T0 + 5, T0 + HOUR + 5, T0 + DAY)
    assert wanted.complete_ms == T0 + 2 * HOUR


def test_a_day_that_the_archive_does_not_hold_as_a_whole_keeps_its_row() -> None:
    begin = Beginning(T0 + 5 * HOUR + 1, whole=False)
    first, second = spans_of("samples", widened(T0, T0 + 2 * DAY, T0 + 9 * DAY), begin, FOR_EVER, T0 + 9 * DAY)
    assert first.ranges == dict.fromkeys(("10s", "1m", "1h"), (T0 + 6 * HOUR, T0 + DAY))
    assert any("the row of the day stays" in note for note in first.notes)
    assert second.ranges == dict.fromkeys(("10s", "1m", "1h", "1d"), (T0 + DAY, T0 + 2 * DAY))


def test_where_the_rows_begin_with_the_archive_its_first_hour_and_day_are_whole() -> None:
    begin = Beginning(T0 + 5 * HOUR + 1, whole=True)
    (span,) = spans_of("samples", widened(T0, T0 + DAY, T0 + 9 * DAY), begin, FOR_EVER, T0 + 9 * DAY)
    assert span.ranges["1h"] == (T0 + 5 * HOUR, T0 + DAY)
    assert span.ranges["1d"] == (T0, T0 + DAY)
    assert (span.read_from_ms, span.read_to_ms) == (T0, T0 + DAY)


def test_hours_of_a_day_that_is_not_over_leave_its_row() -> None:
    wanted = widened(T0 + HOUR, T0 + 3 * HOUR, T0 + 5 * HOUR)
    (span,) = spans_of("samples", wanted, Beginning(T0 - DAY, whole=True), FOR_EVER, T0 + 5 * HOUR)
    assert "1d" not in span.ranges
    assert (span.read_from_ms, span.read_to_ms) == (T0 + HOUR, T0 + 3 * HOUR)
    assert str(span) == "2023-11-14T01:00:00Z to 2023-11-14T03:00:00Z"


def test_checks_have_no_windows_of_seconds() -> None:
    (span,) = spans_of("checks", widened(T0, T0 + DAY, T0 + 9 * DAY), Beginning(T0, whole=True), FOR_EVER, T0 + 9 * DAY)
    assert sorted(span.ranges) == ["1d", "1h", "1m"]


def test_the_horizon_is_a_whole_hour_before_which_the_janitor_may_have_been() -> None:
    settings = TableSettings(keep_10s_days=2, keep_1m_days=30, keep_1h_days=0, keep_1d_days=3)
    now = T0 + 10 * DAY + 1
    assert horizon_ms(settings, "10s", now) == T0 + 8 * DAY + 2 * HOUR
    assert horizon_ms(settings, "1h", now) == 0
    assert horizon_ms(settings, "1d", now) == T0 + 8 * DAY


def test_cells_are_cut_at_the_borders_of_days() -> None:
    assert cells(T0 + HOUR, T0 + DAY + HOUR) == [(T0 + HOUR, T0 + DAY), (T0 + DAY, T0 + DAY + HOUR)]
    assert cells(T0, T0 + DAY) == [(T0, T0 + DAY)]
    assert cells(T0, T0) == []


def test_the_cache_forgets_what_was_asked_for_least_recently() -> None:
    cache: Cache[str] = Cache(10)
    cache.put("a", "A", 4)
    cache.put("b", "B", 4)
    assert cache.get("a") == "A"
    cache.put("c", "C", 4)
    assert [cache.get(key) for key in "abc"] == ["A", None, "C"]
    cache.put("d", "D", 11)
    assert cache.get("d") is None
    cache.put("a", "A2", 1)
    cache.put("e", "E", 5)
    assert [cache.get(key) for key in "ace"] == ["A2", "C", "E"]
