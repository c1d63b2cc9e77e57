"""The next morning, where somebody is."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from vedette.notifying.morning import next_morning


@pytest.mark.parametrize(
    ("now", "zone", "morning"),
    [
        ("2026-11-30T02:00", "Europe/Berlin", "2026-11-30T08:00+01:00"),
        ("2026-11-30T22:00", "Europe/Berlin", "2026-12-01T08:00+01:00"),
        ("2026-11-30T07:30", "Europe/Berlin", "2026-12-01T08:00+01:00"),  # in half an hour is not tomorrow
        ("2026-03-28T23:00", "Europe/Berlin", "2026-03-29T08:00+02:00"),  # clocks are changed that night
        ("2026-11-30T23:00", "Asia/Tokyo", "2026-12-01T08:00+09:00"),
        ("2026-12-31T12:00", "UTC", "2027-01-01T08:00+00:00"),
    ],
)
def test_it_is_the_next_eight_oclock_that_is_more_than_an_hour_away(now: str, zone: str, morning: str) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=ZoneInfo(zone))
    assert next_morning(round(at.timestamp() * 1000), zone).isoformat(timespec="minutes") == morning
