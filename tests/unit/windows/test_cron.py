"""Cron expressions against a plain reading of their fields, and the ones that are none."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.windows.cron import parse_cron


def names(text: str, moment: str) -> bool:
    local = datetime.fromisoformat(moment)
    cron = parse_cron("cron", text)
    return cron.on_day(local) and cron.at_minute(local)


# 2026-03-01 is a Sunday, 2026-03-02 a Monday.
@pytest.mark.parametrize(
    ("text", "moment", "named"),
    [
        ("* * * * *", "2026-03-02T03:04", True),
        ("30 2 * * *", "2026-03-02T02:30", True),
        ("30 2 * * *", "2026-03-02T02:31", False),
        ("*/15 9-17 * * mon-fri", "2026-03-02T09:45", True),
        ("*/15 9-17 * * mon-fri", "2026-03-02T09:46", False),
        ("*/15 9-17 * * mon-fri", "2026-03-01T09:45", False),
        ("0 0 * * 7", "2026-03-01T00:00", True),
        ("0 0 * * 0", "2026-03-01T00:00", True),
        ("0 0 1,15 * *", "2026-03-15T00:00", True),
        ("0 0 * jan,mar *", "2026-03-15T00:00", True),
        ("0 0 * feb *", "2026-03-15T00:00", False),
        ("10-30/10 5/6 * * *", "2026-03-15T17:20", True),
        ("0 0 13 * fri", "2026-03-13T00:00", True),  # either day will do, as POSIX has it
        ("0 0 13 * mon", "2026-03-02T00:00", True),
        ("0 0 13 * mon", "2026-03-03T00:00", False),
    ],
)
def test_an_expression_names_the_minutes_that_its_fields_say(text: str, moment: str, named: bool) -> None:
    assert names(text, moment) is named


@pytest.mark.parametrize(
    "text",
    ["", "* * * *", "* * * * * *", "60 * * * *", "* 24 * * *", "* * 0 * *", "* * * 13 *", "* * * * 8", "*/0 * * * *",
     "5-1 * * * *", "x * * * *", "mon * * * *", "* * * foo *", "1,,2 * * * *", "-1 * * * *", "*/99999 * * * *"],
)  # fmt: skip
def test_what_is_no_expression_is_told_with_what_is_allowed(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        parse_cron("schedule", text)
    assert (refused.value.field, refused.value.value) == ("schedule", text)
    assert "five fields" in refused.value.allowed


@given(st.text(max_size=30) | st.from_regex(r"([0-9*/,-]{1,6} ){4}[0-9*/,-]{1,6}", fullmatch=True))
def test_any_text_is_an_expression_or_refused(text: str) -> None:
    try:
        cron = parse_cron("cron", text)
    except InvalidInput:
        return
    assert cron.minutes
    assert cron.minutes <= set(range(60))
    assert cron.weekdays <= set(range(7))
