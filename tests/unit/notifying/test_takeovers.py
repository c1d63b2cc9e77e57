"""Taking over: when it begins and ends, and what a schedule makes of it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from vedette.errors import InvalidInput
from vedette.notifying.schedule import MOST_OVERRIDES, Override, ScheduleSpec
from vedette.notifying.takeover import MOST_MINUTES, TakeOver, with_override, without_override

NOW_MS = 100 * 86_400_000
TEAM = ScheduleSpec(name="team", rotation=[1, 2], first=date(2026, 11, 2))


def over(to_ms: int, channel: int = 3) -> Override:
    return Override(from_ms=0, to_ms=to_ms, channel=channel)


def test_one_takes_over_from_now_or_later_for_a_time_or_until_one() -> None:
    minutes = TakeOver(channel=3, minutes=2).override(NOW_MS)
    assert minutes == Override(from_ms=NOW_MS, to_ms=NOW_MS + 120_000, channel=3)
    until = TakeOver(channel=3, from_ms=NOW_MS + 5, to_ms=NOW_MS + 6).override(NOW_MS)
    assert until == Override(from_ms=NOW_MS + 5, to_ms=NOW_MS + 6, channel=3)


@pytest.mark.parametrize("wrong", [{}, {"minutes": 1, "to_ms": 5}, {"minutes": 0}, {"minutes": MOST_MINUTES + 1}])
def test_it_has_one_end(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        TakeOver.model_validate({"channel": 3, **wrong})


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"to_ms": NOW_MS}, "to_ms"),
        ({"from_ms": NOW_MS + 9, "to_ms": NOW_MS + 9}, "to_ms"),
        ({"to_ms": NOW_MS + (MOST_MINUTES + 1) * 60_000}, "to_ms"),
        ({"from_ms": 0, "minutes": 5}, "minutes"),
    ],
)
def test_it_ends_after_now_and_within_a_year(wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        TakeOver.model_validate({"channel": 3, **wrong}).override(NOW_MS)
    assert refused.value.field == field


def test_who_takes_over_last_counts_and_what_was_over_a_month_ago_is_forgotten() -> None:
    old, fresh, new = over(NOW_MS - 31 * 86_400_000), over(NOW_MS + 9, 4), over(NOW_MS + 9, 5)
    found = with_override(TEAM.model_copy(update={"overrides": [old, fresh]}), new, NOW_MS)
    assert found.overrides == [fresh, new]
    assert found.on_call(NOW_MS) == 5


def test_too_many_are_refused() -> None:
    full = TEAM.model_copy(update={"overrides": [over(NOW_MS)] * MOST_OVERRIDES})
    with pytest.raises(InvalidInput, match=str(MOST_OVERRIDES)):
        with_override(full, over(NOW_MS + 9), NOW_MS)


def test_one_that_is_not_there_cannot_be_ended() -> None:
    found = TEAM.model_copy(update={"overrides": [over(5), over(6), over(5)]})
    left = without_override(found, over(5))
    assert left is not None
    assert left.overrides == [over(6)]
    assert without_override(left, over(5)) is None
