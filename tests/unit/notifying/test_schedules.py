"""On-call schedules and the spans of silences."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tests.unit.notifying.test_routes import at
from vedette.notifying.schedule import Override, ScheduleSpec
from vedette.notifying.silence import MOST_MINUTES, SilenceSpec

WEEKLY = ScheduleSpec(name="team", rotation=[3, 4, 5], days=7, first=date(2026, 11, 2), zone="Europe/Berlin")


@pytest.mark.parametrize(
    ("when", "channel"),
    [
        ("2026-11-02 08:59", 5),
        ("2026-11-02 09:00", 3),
        ("2026-11-09 08:59", 3),
        ("2026-11-09 09:00", 4),
        ("2026-11-16 09:00", 5),
        ("2026-11-23 09:00", 3),
        ("2027-03-29 08:59", 5),  # the clocks were changed the day before
        ("2027-03-29 09:00", 3),
    ],
)
def test_a_rotation_is_handed_over_at_a_local_time(when: str, channel: int) -> None:
    assert WEEKLY.on_call(at(when, "Europe/Berlin")) == channel


def test_of_overrides_the_last_that_holds_counts() -> None:
    begin, end = at("2026-11-03 00:00"), at("2026-11-04 00:00")
    overrides = [Override(from_ms=begin, to_ms=end, channel=9), Override(from_ms=begin, to_ms=begin + 1, channel=8)]
    found = WEEKLY.model_copy(update={"overrides": overrides})
    assert [found.on_call(ms) for ms in (begin - 1, begin, begin + 1, end)] == [3, 8, 9, 3]
    assert found.channels() == {3, 4, 5, 8, 9}


@given(st.integers(0, 3000), st.integers(1, 30), st.integers(1, 6))
def test_each_is_on_call_for_as_many_days_in_turn(day: int, days: int, people: int) -> None:
    found = ScheduleSpec(name="x", rotation=list(range(people)), days=days, first=date(2026, 1, 1), handover="00:00")
    noon = at(f"{date(2026, 1, 1) + timedelta(day)} 12:00")
    assert found.on_call(noon) == day // days % people


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"rotation": []}, "rotation"),
        ({"days": 0}, "days"),
        ({"first": "soon"}, "first"),
        ({"zone": "Mars"}, "time zone"),
        ({"overrides": [{"from_ms": 2, "to_ms": 2, "channel": 1}]}, "must be after"),
    ],
)
def test_a_wrong_schedule_says_what_is_wrong(wrong: dict[str, Any], word: str) -> None:
    with pytest.raises(ValidationError, match=word):
        ScheduleSpec.model_validate({"name": "x", "rotation": [1], "first": "2026-11-30", **wrong})


def test_a_silence_has_one_end_after_now() -> None:
    assert SilenceSpec(selector="{source='x'}".replace("'", '"'), minutes=2).span(1000) == (1000, 121_000)
    assert SilenceSpec(selector="cpu", from_ms=5000, to_ms=6000).span(1000) == (5000, 6000)
    for wrong in ({}, {"minutes": 1, "to_ms": 5}, {"minutes": 0}, {"minutes": MOST_MINUTES + 1}):
        with pytest.raises(ValidationError):
            SilenceSpec.model_validate({"selector": "cpu", **wrong})
    for wrong in ({"to_ms": 1000}, {"from_ms": 3000, "to_ms": 2000}, {"to_ms": 1000 + (MOST_MINUTES + 1) * 60_000}):
        with pytest.raises(ValueError, match="an end after now"):
            SilenceSpec.model_validate({"selector": "cpu", **wrong}).span(1000)
