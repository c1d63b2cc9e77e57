"""Schedules: the next time that is due, in zones whose clocks are changed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.windows.cron import parse_cron
from vedette.windows.schedule import Every, Times, longest_pause_s


def at(text: str, zone: str = "UTC", fold: int = 0) -> int:
    moment = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return round(moment.timestamp() * 1000)


def following(cron: str, zone: str, start: str, count: int) -> list[str]:
    """The next times in UTC."""
    schedule, now, found = Times(cron, zone), at(start), []
    for _ in range(count):
        due = schedule.after(now)
        assert due is not None
        now = due
        found.append(datetime.fromtimestamp(now / 1000, UTC).strftime("%d %H:%M"))
    return found


def test_a_period_counts_time_passed() -> None:
    assert Every(90_000).after(1_000) == 91_000


def test_a_time_is_later_than_the_one_it_is_asked_for_and_at_a_whole_minute() -> None:
    every_minute = Times("* * * * *", "UTC")
    assert every_minute.after(at("2024-05-01T12:00:00")) == at("2024-05-01T12:01:00")
    assert every_minute.after(at("2024-05-01T12:00:59.999")) == at("2024-05-01T12:01:00")


def test_local_times_follow_the_clocks() -> None:
    # Central European Summer Time from 31 March 2024, 01:00 UTC on.
    assert following("30 4 * * *", "Europe/Berlin", "2024-03-30T00:00", 3) == ["30 03:30", "31 02:30", "01 02:30"]


def test_a_time_that_the_clocks_leave_out_does_not_come() -> None:
    assert following("30 2 * * *", "Europe/Berlin", "2024-03-30T00:00", 2) == ["30 01:30", "01 00:30"]


def test_a_time_that_the_clocks_repeat_comes_once() -> None:
    # Back from 03:00 to 02:00 on 27 October 2024, 01:00 UTC.
    assert following("30 2 * * *", "Europe/Berlin", "2024-10-26T12:00", 2) == ["27 00:30", "28 01:30"]
    assert following("30 2 * * *", "Europe/Berlin", "2024-10-27T00:30", 1) == ["28 01:30"]


def test_what_is_due_every_hour_is_due_in_the_repeated_one_and_goes_on_behind_the_one_left_out() -> None:
    autumn = following("30 * * * *", "Europe/Berlin", "2024-10-26T23:45", 4)
    assert autumn == ["27 00:30", "27 01:30", "27 02:30", "27 03:30"]
    assert following("30 * * * *", "Europe/Berlin", "2024-03-31T00:45", 2) == ["31 01:30", "31 02:30"]


def test_a_zone_that_changes_by_half_an_hour_is_followed() -> None:
    assert following("15 2 * * *", "Australia/Lord_Howe", "2024-10-05T00:00", 2) == ["06 15:15", "07 15:15"]


def test_rare_days_are_found_years_ahead() -> None:
    assert Times("0 0 29 2 *", "UTC").after(at("2024-02-29T00:00")) == at("2028-02-29T00:00")
    assert Times("0 0 30 2 *", "UTC").after(at("2024-02-29T00:00")) is None


@pytest.mark.parametrize(
    ("cron", "longest"),
    [
        ("* * * * *", 60),
        ("*/20 * * * *", 1200),
        ("0 3 * * *", 86_400),
        ("0 3,4 * * *", 23 * 3600),
        ("0 3 * * mon-fri", 3 * 86_400),
        ("0 0 1 1 *", 366 * 86_400),
        ("0 0 29 2 *", 4 * 365 * 86_400 + 86_400),
        ("0 0 30 2 *", None),
        ("0 0 31 4,6,9,11 *", None),
    ],
)
def test_the_longest_pause_is_known_before_it_comes(cron: str, longest: int | None) -> None:
    assert longest_pause_s(cron) == longest


FIELDS = st.tuples(
    st.sampled_from(["*", "*/7", "0", "30", "5,50"]),
    st.sampled_from(["*", "*/5", "2", "1-3", "0,23"]),
    st.sampled_from(["*", "1", "*/9", "31"]),
    st.sampled_from(["*", "3,10", "4"]),
    st.sampled_from(["*", "0", "mon-fri"]),
)


@settings(max_examples=150, deadline=None)
@given(FIELDS, st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe"]), st.data())
def test_the_next_time_is_the_first_minute_that_is_named(
    fields: tuple[str, ...], zone: str, data: st.DataObject
) -> None:
    text = " ".join(fields)
    # Around the changes of the clocks of 2024 in all of these zones.
    day = data.draw(
        st.sampled_from(["2024-03-10", "2024-03-31", "2024-04-07", "2024-10-06", "2024-10-27", "2024-11-03"])
    )
    start = at(f"{day}T00:00") + 60_000 * data.draw(st.integers(-900, 900))
    found = Times(text, zone).after(start)
    cron, local_zone = parse_cron("cron", text), ZoneInfo(zone)
    for minute in range(1, 1_600):
        moment = datetime.fromtimestamp(start // 60_000 * 60, UTC) + timedelta(minutes=minute)
        local = moment.astimezone(local_zone)
        named = cron.on_day(local) and cron.at_minute(local) and not (local.fold and len(cron.hours) < 24)
        if named:
            assert found == round(moment.timestamp() * 1000)
            return
    assert found is None or found > start + 1_599 * 60_000
