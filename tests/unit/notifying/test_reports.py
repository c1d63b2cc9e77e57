"""Definitions of reports: their times over clock changes, what they cover, and what is refused."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from vedette.notifying.report import DAY_MS, HOUR_MS, PARTS, ReportSpec

BERLIN = "Europe/Berlin"


def spec(**fields: Any) -> ReportSpec:
    return ReportSpec.model_validate({"name": "week", "kind": "weekly", "channels": [1], "zone": BERLIN, **fields})


def ms(text: str, zone: str = BERLIN) -> int:
    return round(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp() * 1000)


def test_a_definition_has_the_time_and_the_parts_of_its_kind() -> None:
    assert (spec().when, spec().shown_parts()) == ("0 8 * * mon", PARTS["weekly"])
    daily = spec(kind="daily", when="")
    assert (daily.when, daily.shown_parts()) == ("0 8 * * *", PARTS["daily"])
    assert spec(parts=["open"]).shown_parts() == ("open",)
    assert ReportSpec.model_validate({"name": "week", **daily.config()}) == daily


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"when": "0 8 * *"}, "when"),
        ({"when": "*/5 8 * * *"}, "when"),
        ({"when": "0,30 8 * * *"}, "when"),
        ({"when": "0 8 30 2 *"}, "when"),
        ({"zone": "Europe/Nowhere"}, "zone"),
        ({"kind": "yearly"}, "kind"),
        ({"kind": []}, "kind"),
        ({"kind": {}}, "kind"),
        ({"channels": []}, "channels"),
        ({"parts": ["weather"]}, "parts"),
        ({"match": "{severity="}, "match"),
        ({"name": ""}, "name"),
        ({"at": "08:00"}, "at"),
    ],
)
def test_a_wrong_definition_is_refused_by_its_field(fields: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as caught:
        spec(**fields)
    assert {error["loc"][0] for error in caught.value.errors()} == {field}


def test_channels_and_parts_stand_once() -> None:
    for fields in ({"channels": [1, 1]}, {"parts": ["open", "open"]}):
        with pytest.raises(ValidationError, match="each once"):
            spec(**fields)


def test_it_comes_at_eight_by_the_clocks_on_the_wall() -> None:
    found = spec(kind="daily")
    at = ms("2026-03-27T12:00")
    times = []
    for _ in range(3):
        at = found.next_ms(at) or 0
        times.append(at)
    assert times == [ms("2026-03-28T08:00"), ms("2026-03-29T08:00"), ms("2026-03-30T08:00")]
    assert [later - earlier for earlier, later in pairwise(times)] == [23 * HOUR_MS, 24 * HOUR_MS]


def test_a_time_that_the_clocks_leave_out_does_not_come_and_one_they_repeat_comes_once() -> None:
    found = spec(kind="daily", when="30 2 * * *")
    assert found.next_ms(ms("2026-03-28T12:00")) == ms("2026-03-30T02:30")
    assert found.period(ms("2026-03-30T02:30")).from_ms == ms("2026-03-28T02:30")
    first = found.next_ms(ms("2026-10-24T12:00"))
    assert first == ms("2026-10-25T02:30")
    assert found.next_ms(first) == ms("2026-10-26T02:30")


def test_a_week_has_seven_whole_days_of_the_zone_also_when_one_has_23_hours() -> None:
    period = spec().period(ms("2026-03-30T08:00"))
    assert (period.from_ms, period.to_ms) == (ms("2026-03-23T00:00"), ms("2026-03-30T00:00"))
    assert period.to_ms - period.from_ms == 7 * DAY_MS - HOUR_MS
    assert period.before_ms == period.from_ms - 7 * DAY_MS


def test_a_daily_report_covers_what_the_one_before_did_not() -> None:
    found = spec(kind="daily", when="0 8 * * mon-fri")
    monday = ms("2026-11-30T08:00")
    period = found.period(monday)
    assert (period.from_ms, period.to_ms) == (ms("2026-11-27T08:00"), monday)
    assert period.before_ms == period.from_ms - 3 * DAY_MS
    assert found.period(monday + 5 * HOUR_MS).from_ms == monday


TIMES = st.integers(min_value=ms("2020-01-01T00:00"), max_value=ms("2030-01-01T00:00"))
WHEN = st.sampled_from(["0 8 * * *", "30 2 * * *", "15 */6 * * *", "0 9 1 * *", "0 0 * * sun"])
ZONES = st.sampled_from(["UTC", BERLIN, "Asia/Kolkata", "Australia/Lord_Howe"])


@given(TIMES, WHEN, ZONES)
def test_daily_reports_leave_no_gap_and_do_not_overlap(at: int, when: str, zone: str) -> None:
    found = spec(kind="daily", when=when, zone=zone)
    due = found.next_ms(at)
    assert due is not None
    following = found.next_ms(due)
    assert following is not None
    assert found.period(following).from_ms == due
