"""What takes a bucket out of the trend."""

from __future__ import annotations

import pytest

from dataflows.trend_book import counts_out, overlaps
from vedette.store.trends import IncidentTimes
from vedette.windows.maintenance import Once
from vedette.windows.trend_buckets import ALLOWANCE_MS
from vedette.windows.votes import Policy

END = 10_000_000
POLICY = Policy(interval_ms=60_000, timeout_ms=10_000)


@pytest.mark.parametrize(
    ("incident", "out"),
    [
        (IncidentTimes(1, END - 5000, END - 4000, END - 1000), True),
        (IncidentTimes(1, END - 5000, END - 4000, None), True),
        (IncidentTimes(1, END - 5000, END + ALLOWANCE_MS - 1, None), True),
        (IncidentTimes(1, END - 5000, END + ALLOWANCE_MS, None), True),  # has lasted for more than an interval by then
        (IncidentTimes(1, END - 61_000, None, END - 1000), False),
        (IncidentTimes(1, END - 200_000, None, END - 1000), True),
        (IncidentTimes(1, END - 1000, None, END + 99_000), False),
        (IncidentTimes(1, END - 1000, None, None), True),
    ],
    ids=[
        "confirmed and ended", "confirmed and open", "confirmed just in time", "confirmed later, but long",
        "one failed check", "a location failed again", "shorter than two checks", "open for two checks",
    ],
)  # fmt: skip
def test_an_incident_takes_a_bucket_out_once_it_is_more_than_one_failed_check(
    incident: IncidentTimes, out: bool
) -> None:
    assert counts_out(incident, END, POLICY) is out


def test_what_is_only_known_later_is_not_looked_at() -> None:
    slow = Policy(interval_ms=300_000, timeout_ms=10_000)
    soon = IncidentTimes(1, END - 1000, None, None)
    later = IncidentTimes(1, END - 1000, END + 400_000, END + 900_000)
    assert not counts_out(soon, END, slow)
    assert not counts_out(later, END, slow)


def test_a_bucket_overlaps_maintenance_that_holds_at_any_of_its_minutes() -> None:
    window = (Once(1_200_000, 1_260_000),)
    assert overlaps(window, 900_000, 1_200_000) is False
    assert overlaps(window, 1_200_000, 1_500_000) is True
    assert overlaps((Once(1_020_000, 1_080_000),), 900_000, 1_200_000) is True
    assert overlaps((), 900_000, 1_200_000) is False
