"""Hours and steps of routes, as people write and read them on the command line."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launch.routes_in_words import Named, hours_of, hours_words, steps_of, steps_words
from vedette.errors import InvalidInput
from vedette.notifying.route import Hours, Step

CHANNELS: list[dict[str, Any]] = [{"id": 1, "name": "ops"}, {"id": 2, "name": "schedule:odd"}, {"id": 30, "name": "2"}]
SCHEDULES: list[dict[str, Any]] = [{"id": 1, "name": "team"}, {"id": 7, "name": "night shift"}]
GROUPS: list[dict[str, Any]] = [{"id": 5, "name": "shop team"}]
NAMED = Named(CHANNELS, GROUPS, SCHEDULES)
clocks = st.times().map(lambda one: f"{one:%H:%M}")


@given(st.sets(st.integers(0, 6), min_size=1).map(sorted), clocks, clocks)
def test_hours_are_read_as_they_are_written(days: list[int], since: str, until: str) -> None:
    hours = {"days": days, "since": since, "until": until, "zone": "UTC"}
    assert Hours.model_validate(hours).days == days
    assert hours_of(hours_words(hours).removesuffix(" UTC"), "UTC") == hours


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("mon-fri", [0, 1, 2, 3, 4]),
        ("Sat,sun", [5, 6]),
        ("fri-mon", [0, 4, 5, 6]),
        ("tue", [1]),
        ("mon,mon-tue", [0, 1]),
    ],
)
def test_days_are_a_list_or_from_one_to_another(text: str, days: list[int]) -> None:
    found = hours_of(f"{text} 09:00-17:00", "UTC")
    assert found is not None
    assert found["days"] == days


def test_any_hours_are_none() -> None:
    assert hours_of("any", "UTC") is None
    assert hours_of(" ", "UTC") is None
    assert hours_words(None) == "any"


@pytest.mark.parametrize("text", ["mon", "09:00", "mon-fri 9:00-17:00", "mon-xyz 09:00-17:00", "mon- 09:00-17:00"])
def test_what_are_no_hours_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="--hours"):
        hours_of(text, "UTC")


def test_steps_are_read_as_they_are_written() -> None:
    steps = [
        Step(channels=[1, 30]).model_dump(),
        Step(after_s=5400, channels=[1], groups=[5], schedules=[1, 7]).model_dump(),
    ]
    words = steps_words(steps, NAMED)
    assert words == ["0=ops,2", "1h30m=ops,group:shop team,schedule:team,schedule:night shift"]
    assert steps_of(words, NAMED) == steps  # the channel that is called 2, not the one of that number


def test_a_channel_of_an_odd_name_is_meant_by_its_number_or_by_saying_that_it_is_one() -> None:
    for text in ("0=channel:schedule:odd", "0=channel:schedule:odd , 1"):
        assert steps_of([text], NAMED)[0]["channels"][0] == 2


@pytest.mark.parametrize("text", ["ops", "0=", "0= ", "0=schedule:ops", "0=group:ops", "0=cat", "later=ops", "0=ops,"])
def test_what_is_no_step_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        steps_of([text], NAMED)
