"""Maintenance windows: times in which a monitor is checked, but nobody is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from vedette.windows.cron import Cron, parse_cron

_MINUTE_MS = 60_000
_QUARTER_MIN = 15
_CLOCK_CHANGE_MIN = 180
"""No zone changes its clocks by more, but for those that left out a day."""


@dataclass(frozen=True, slots=True)
class Once:
    """From `from_ms` to before `to_ms` (ms UTC)."""

    from_ms: int
    to_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether `at_ms` lies within."""
        return self.from_ms <= at_ms < self.to_ms


@dataclass(frozen=True, slots=True)
class Repeating:
    """For `minutes` from each time that the cron expression names, in the local time of `zone`.

    Weekly windows are such too. Durations are of time passed: a window that begins before the clocks are changed is
    not an hour longer or shorter for it. A time that the clocks leave out does not come; one that they repeat comes
    twice.
    """

    cron: str
    minutes: int
    zone: str

    def holds(self, at_ms: int) -> bool:
        """Whether one of the windows holds at `at_ms`."""
        return _holds(self, at_ms // _MINUTE_MS)


Window = Once | Repeating


def weekly(days: tuple[int, ...], start: str, minutes: int, zone: str) -> Repeating:
    """Every week on `days` (0 is Monday) from `start` (`HH:MM`) on."""
    hour, _, minute = start.partition(":")
    named = ",".join(str((day + 1) % 7) for day in days)
    return Repeating(f"{int(minute)} {int(hour)} * * {named}", minutes, zone)


def in_maintenance(windows: tuple[Window, ...], at_ms: int) -> bool:
    """Whether any window holds at `at_ms` (ms UTC)."""
    return any(window.holds(at_ms) for window in windows)


@lru_cache(maxsize=8192)
def _holds(window: Repeating, minute: int) -> bool:
    """Whether the window began in one of the `minutes` up to `minute` (minutes UTC since 1970)."""
    cron, zone = _parsed(window.cron), ZoneInfo(window.zone)
    at = datetime.fromtimestamp(minute * 60, UTC)
    back = 0
    while back < window.minutes:
        local = (at - timedelta(minutes=back)).astimezone(zone)
        if not cron.on_day(local):
            # To before this day began, but for what the clocks may have been changed by meanwhile.
            back += max(1, local.hour * 60 + local.minute + 1 - _CLOCK_CHANGE_MIN)
        elif local.hour not in cron.hours:
            back += local.minute % _QUARTER_MIN + 1  # clocks are changed at quarters of an hour
        elif local.minute in cron.minutes:
            return True
        else:
            back += 1
    return False


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Cron:
    return parse_cron("cron", text)
