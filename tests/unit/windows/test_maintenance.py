"""Maintenance windows: when they hold, across midnights and changes of the clocks."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from vedette.maintenance import MaintenanceSpec, windows_in
from vedette.windows.cron import Cron, parse_cron
from vedette.windows.maintenance import Once, Repeating, held_until, in_maintenance, weekly

BERLIN = "Europe/Berlin"
spec = TypeAdapter(MaintenanceSpec)


def at(moment: str, zone: str = "UTC", fold: int = 0) -> int:
    return round(datetime.fromisoformat(moment).replace(tzinfo=ZoneInfo(zone), fold=fold).timestamp() * 1000)


def test_a_single_window_holds_from_its_beginning_to_before_its_end() -> None:
    window = Once(1000, 2000)
    assert [window.holds(ms) for ms in (999, 1000, 1999, 2000)] == [False, True, True, False]


@pytest.mark.parametrize(
    ("moment", "holds"),
    [
        ("2026-03-02T21:59:59", False),
        ("2026-03-02T22:00:00", True),
        ("2026-03-03T01:59:59", True),  # Tuesday, but it began on Monday
        ("2026-03-03T02:00:00", False),
        ("2026-03-03T22:30:00", False),
        ("2026-03-09T23:00:00", True),
    ],
)
def test_a_weekly_window_holds_in_local_time_and_over_midnight(moment: str, holds: bool) -> None:
    assert weekly((0,), "22:00", 240, BERLIN).holds(at(moment, BERLIN)) is holds


def test_a_window_over_a_change_of_the_clocks_is_as_long_as_it_says() -> None:
    window = weekly((6,), "01:00", 120, BERLIN)  # the clocks go from 02:00 to 03:00 on 2026-03-29, a Sunday
    begin = at("2026-03-29T01:00", BERLIN)
    assert window.holds(begin + 119 * 60_000)
    assert not window.holds(begin + 120 * 60_000)


def test_a_time_that_the_clocks_leave_out_does_not_come() -> None:
    window = Repeating("30 2 * * *", 10, BERLIN)
    begin = at("2026-03-29T00:00", BERLIN)
    assert not any(window.holds(begin + minute * 60_000) for minute in range(6 * 60))
    assert window.holds(at("2026-03-30T02:35", BERLIN))


def test_a_cron_window_can_last_longer_than_a_day() -> None:
    window = Repeating("0 12 1 * *", 3 * 1440, "UTC")
    assert [window.holds(at(f"2026-03-{day}T11:59")) for day in ("01", "02", "04", "05")] == [False, True, True, False]


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 20_000_000), st.integers(1, 200), st.sampled_from(["0 3 * * *", "*/7 1-5 * * 1", "0 0 1 * *"]))
def test_a_window_holds_exactly_if_it_began_within_its_length(minute: int, minutes: int, cron: str) -> None:
    begins = Repeating(cron, 1, BERLIN)
    expected = any(begins.holds((minute - back) * 60_000) for back in range(minutes) if minute >= back)
    if minute >= minutes:
        assert Repeating(cron, minutes, BERLIN).holds(minute * 60_000) is expected


def began_within(cron: str, minute: int, minutes: int, zone: str) -> bool:
    """Minute by minute, whether one of those up to `minute` is named."""
    parsed, local = parse_cron("cron", cron), ZoneInfo(zone)
    moments = (datetime.fromtimestamp((minute - back) * 60, local) for back in range(minutes))
    return any(parsed.on_day(moment) and parsed.at_minute(moment) for moment in moments)


@settings(max_examples=150, deadline=None)
@given(
    st.integers(29_000_000, 29_600_000),  # 2025 and 2026
    st.integers(1, 10_080),
    st.sampled_from(["0 3 * * *", "*/7 1-5 * * 1", "30 2 29 * *", "59 23 * * 0", "0 0 29 2 *", "10 2 * 4,10 0"]),
    st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/St_Johns", "UTC"]),
)
def test_long_windows_hold_as_minute_by_minute(minute: int, minutes: int, cron: str, zone: str) -> None:
    assert Repeating(cron, minutes, zone).holds(minute * 60_000) is began_within(cron, minute, minutes, zone)


@pytest.mark.parametrize("zone", [BERLIN, "Australia/Lord_Howe"])
def test_around_changes_of_the_clocks_too(zone: str) -> None:
    for change in (at("2026-03-29T01:00"), at("2026-10-25T01:00"), at("2026-04-04T15:00"), at("2026-10-03T15:30")):
        first = change // 60_000 - 200
        for minute in range(first, first + 400, 13):
            for cron, minutes in (("30 2 * * 0", 90), ("0 23 * * 6", 300), ("15 1 * * *", 1500)):
                expected = began_within(cron, minute, minutes, zone)
                assert Repeating(cron, minutes, zone).holds(minute * 60_000) is expected


CHANGES = [
    at(f"2026-{change}") for change in ("03-29T01:00", "10-25T01:00", "04-04T15:00", "10-03T15:30", "03-08T07:00")
]
"""When some of the zones below change their clocks."""
crons = st.builds(
    lambda minutes, hours, days, weekdays: f"{minutes} {hours} {days} * {weekdays}",
    st.sampled_from(["*", "0", "30", "59", "*/20", "15,45"]),
    st.sampled_from(["*", "0", "2", "23", "1-3", "*/5"]),
    st.sampled_from(["*", "29", "1,25", "*/2"]),
    st.sampled_from(["*", "0", "6", "mon-fri"]),
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(CHANGES),
    st.integers(-3000, 3000),
    st.integers(1, 3000),
    crons,
    st.sampled_from([BERLIN, "Australia/Lord_Howe", "America/New_York", "Asia/Kathmandu"]),
)
def test_near_a_change_of_the_clocks_any_window_holds_as_minute_by_minute(
    change: int, away: int, minutes: int, cron: str, zone: str
) -> None:
    minute = change // 60_000 + away
    window = Repeating(cron, minutes, zone)
    assert window.holds(minute * 60_000) is began_within(cron, minute, minutes, zone)
    until = window.held_until(minute * 60_000)
    assert (until is None) is not window.holds(minute * 60_000)
    if until is not None:
        assert window.holds(until - 1)
        assert began_within(cron, until // 60_000 - minutes, 1, zone)


def test_a_question_about_a_long_window_looks_at_the_present_half_day_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    looks = 0
    plain = Cron.on_day

    def counted(cron: Cron, local: datetime) -> bool:
        nonlocal looks
        looks += 1
        return plain(cron, local)

    monkeypatch.setattr(Cron, "on_day", counted)
    window = Repeating("0 3 29 2 *", 10_080, BERLIN)  # in no year that is asked about
    for minute in range(29_700_000, 29_700_100):
        assert not window.holds(minute * 60_000)
    assert looks <= 100 * 2 + 16 * 2  # a half day may touch two local ones; those that lie behind are remembered


def test_any_of_several_windows_will_do() -> None:
    assert in_maintenance((Once(0, 1), Once(5, 6)), 5)
    assert not in_maintenance((), 5)
    assert held_until((Once(0, 6), Once(5, 9), Once(9, 20)), 5) == 9
    assert held_until((Once(0, 5),), 5) is None


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"kind": "once", "from_ms": 5, "to_ms": 5}, "to_ms"),
        ({"kind": "weekly", "days": [7], "start": "10:00", "minutes": 5}, "days"),
        ({"kind": "weekly", "days": [], "start": "10:00", "minutes": 5}, "days"),
        ({"kind": "weekly", "days": [1], "start": "24:00", "minutes": 5}, "start"),
        ({"kind": "weekly", "days": [1], "start": "10:00", "minutes": 0}, "minutes"),
        ({"kind": "weekly", "days": [1], "start": "10:00", "minutes": 5, "zone": "Mars/Base"}, "zone"),
        ({"kind": "weekly", "days": [1], "start": "10:00", "minutes": 5, "zone": "../etc/passwd"}, "zone"),
        ({"kind": "cron", "cron": "61 * * * *", "minutes": 5}, "cron"),
        ({"kind": "daily"}, "kind"),
        ({"kind": "once", "from_ms": 1, "to_ms": 2, "colour": "red"}, "colour"),
    ],
)
def test_a_bad_definition_is_refused_by_the_field_that_is_wrong(fields: dict[str, object], named: str) -> None:
    with pytest.raises(ValidationError) as refused:
        spec.validate_python({"name": "night", **fields})
    assert named in str(refused.value)


def test_a_stored_definition_of_a_newer_program_is_no_window() -> None:
    assert windows_in({"kind": "lunar", "phase": "full"}) == ()
    assert windows_in({"kind": "once", "from_ms": 1, "to_ms": 2}) == (Once(1, 2),)
