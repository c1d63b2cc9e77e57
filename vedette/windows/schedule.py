"""Schedule: when something that repeats is due next, by a period or by a cron expression in local time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from vedette.windows.cron import Cron, parse_cron

_MINUTE_MS = 60_000
_DAY_MIN = 24 * 60
_QUARTER_MIN = 15
_CLOCK_CHANGE_MIN = 180
"""No zone changes its clocks by more, but for those that left out a day."""
_CYCLE_DAYS = 10_227
"""28 years: after so many days weekdays and leap years come again as they were."""


class Schedule(Protocol):
    """When something is due."""

    def after(self, at_ms: int) -> int | None:
        """The first due time later than `at_ms` (both ms UTC); None if there is none."""
        ...


@dataclass(frozen=True, slots=True)
class Every:
    """Once in `every_ms`, counted from the time before."""

    every_ms: int

    def after(self, at_ms: int) -> int | None:
        """A period later."""
        return at_ms + self.every_ms


@dataclass(frozen=True, slots=True)
class Times:
    """At the times that the expression `cron` names in the local time of `zone`.

    A time that the clocks leave out does not come. One that they repeat comes once, the first time, unless every hour
    is named: then it comes in both. So nothing is expected that any cron daemon leaves out.
    """

    cron: str
    zone: str

    def after(self, at_ms: int) -> int | None:
        """The next whole minute that is named."""
        found = _after(self.cron, self.zone, at_ms // _MINUTE_MS)
        return None if found is None else found * _MINUTE_MS


@lru_cache(maxsize=65_536)
def _after(text: str, name: str, minute: int) -> int | None:
    """The first minute behind `minute` (minutes UTC since 1970) that is named, within the 28 years to come."""
    cron, zone = _parsed(text), ZoneInfo(name)
    every_hour = len(cron.hours) == 24
    start = datetime.fromtimestamp(minute * 60, UTC)
    ahead, horizon = 1, _CYCLE_DAYS * _DAY_MIN
    while ahead < horizon:
        local = (start + timedelta(minutes=ahead)).astimezone(zone)
        to_quarter = _QUARTER_MIN - local.minute % _QUARTER_MIN  # clocks are changed at quarters of an hour
        if not cron.on_day(local):
            left = _DAY_MIN - local.hour * 60 - local.minute
            ahead += max(to_quarter, left - _CLOCK_CHANGE_MIN)
        elif local.hour not in cron.hours or (local.fold and not every_hour):
            ahead += to_quarter
        elif local.minute in cron.minutes:
            return minute + ahead
        else:
            ahead += 1
    return None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Cron:
    return parse_cron("cron", text)


@lru_cache(maxsize=1024)
def longest_pause_s(text: str) -> int | None:
    """Seconds between two times that the expression names, where they are farthest apart; None if it names none.

    Clock changes are left aside. A day such as 30 February never comes.
    """
    cron = _parsed(text)
    first = datetime(2001, 1, 1, tzinfo=UTC)
    days = [day for day in range(_CYCLE_DAYS) if cron.on_day(first + timedelta(days=day))]
    if not days:
        return None
    of_day = sorted(hour * 60 + minute for hour in cron.hours for minute in cron.minutes)
    between_days = max(later - earlier for earlier, later in pairwise([*days, days[0] + _CYCLE_DAYS]))
    over_night = between_days * _DAY_MIN - (of_day[-1] - of_day[0])
    return 60 * max([over_night, *(later - earlier for earlier, later in pairwise(of_day))])
