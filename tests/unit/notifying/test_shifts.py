"""Who is on call from when until when."""

from __future__ import annotations

from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.notifying.test_routes import at
from vedette.notifying.schedule import Override, ScheduleSpec, Shift

HOUR_MS = 3_600_000
BEGIN_MS = at("2026-10-20 00:00")
SPAN_MS = 30 * 24 * HOUR_MS
moments = st.integers(0, SPAN_MS // HOUR_MS).map(lambda hours: BEGIN_MS + hours * HOUR_MS)
overrides = st.builds(
    lambda from_ms, hours, channel: Override(from_ms=from_ms, to_ms=from_ms + hours * HOUR_MS, channel=channel),
    moments,
    st.integers(1, 200),
    st.integers(1, 3),
)
schedules = st.builds(
    ScheduleSpec,
    name=st.just("team"),
    rotation=st.lists(st.integers(1, 3), min_size=1, max_size=4),
    days=st.integers(1, 9),
    first=st.dates(date(2026, 1, 1), date(2027, 1, 1)),
    handover=st.sampled_from(["00:00", "02:30", "09:00", "23:59"]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Pacific/Apia"]),
    overrides=st.lists(overrides, max_size=5),
)


def team(**fields: Any) -> ScheduleSpec:
    return ScheduleSpec.model_validate(
        {"name": "team", "rotation": [3, 4], "days": 7, "first": "2026-11-02", "zone": "Europe/Berlin", **fields}
    )


def test_a_shift_ends_with_the_handover_or_where_somebody_takes_over() -> None:
    begin, end = at("2026-11-06 18:00"), at("2026-11-06 20:00")
    found = team(overrides=[{"from_ms": begin, "to_ms": end, "channel": 9}])
    now, handover = at("2026-11-06 12:00"), at("2026-11-09 09:00", "Europe/Berlin")
    assert list(found.shifts(now, handover + 1)) == [
        Shift(now, begin, 3, False),
        Shift(begin, end, 9, True),
        Shift(end, handover, 3, False),
        Shift(handover, handover + 7 * 24 * HOUR_MS, 4, False),
    ]


def test_who_is_alone_is_on_call_for_ever() -> None:
    assert list(team(rotation=[3, 3]).shifts(5, 6)) == [Shift(5, None, 3, False)]


@pytest.mark.parametrize(
    ("handover", "day", "moment"),
    [
        ("02:30", "2026-10-25", "2026-10-25 00:30"),  # comes twice: at the first
        ("02:30", "2027-03-28", "2027-03-28 01:30"),  # comes not: an hour later, as the clocks show 03:30
    ],
)
def test_a_handover_when_the_clocks_are_changed_is_one(handover: str, day: str, moment: str) -> None:
    found, at_ms = team(first=day, handover=handover), at(moment)
    assert [found.on_call(ms) for ms in (at_ms - HOUR_MS, at_ms - 1, at_ms, at_ms + HOUR_MS)] == [4, 4, 3, 3]


@given(schedules, moments)
def test_shifts_follow_each_other_and_say_who_is_on_call(found: ScheduleSpec, from_ms: int) -> None:
    shifts = list(found.shifts(from_ms, from_ms + SPAN_MS))
    assert shifts[0].from_ms == from_ms
    assert shifts[-1].to_ms is None or shifts[-1].to_ms >= from_ms + SPAN_MS
    for shift, later in pairwise(shifts):
        assert shift.to_ms == later.from_ms
        assert (shift.channel, shift.override) != (later.channel, later.override)
    for shift in shifts:
        until_ms = from_ms + SPAN_MS if shift.to_ms is None else shift.to_ms
        for at_ms in {shift.from_ms, (shift.from_ms + until_ms) // 2, until_ms - 1}:
            assert found.on_call(at_ms) == shift.channel
            assert (found.override_at(at_ms) is not None) is shift.override
