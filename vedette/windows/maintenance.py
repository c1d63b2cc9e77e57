"""Maintenance windows: times in which a monitor is checked, but nobody is called."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from vedette.windows.cron import Cron, parse_cron

_MINUTE_MS = 60_000
_DAY_MIN = 1440
_PIECE_MIN = 720
"""No zone changes its clocks twice within so long."""


@dataclass(frozen=True, slots=True)
class Once:
    """From `from_ms` to before `to_ms` (ms UTC)."""

    from_ms: int
    to_ms: int

    def holds(self, at_ms: int) -> bool:
        """Whether `at_ms` lies within."""
        return self.from_ms <= at_ms < self.to_ms

    def held_until(self, at_ms: int) -> int | None:
        """The end of the window if it holds at `at_ms`, else None."""
        return self.to_ms if self.holds(at_ms) else None


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
        return _began(self, at_ms // _MINUTE_MS) is not None

    def held_until(self, at_ms: int) -> int | None:
        """The end (ms UTC) of the last of the windows that hold at `at_ms`, or None."""
        began = _began(self, at_ms // _MINUTE_MS)
        return None if began is None else (began + self.minutes) * _MINUTE_MS


Window = Once | Repeating


def weekly(days: tuple[int, ...], start: str, minutes: int, zone: str) -> Repeating:
    """Every week on `days` (0 is Monday) from `start` (`HH:MM`) on."""
    hour, _, minute = start.partition(":")
    named = ",".join(str((day + 1) % 7) for day in days)
    return Repeating(f"{int(minute)} {int(hour)} * * {named}", minutes, zone)


def in_maintenance(windows: tuple[Window, ...], at_ms: int) -> bool:
    """Whether any window holds at `at_ms` (ms UTC)."""
    return any(window.holds(at_ms) for window in windows)


def held_until(windows: tuple[Window, ...], at_ms: int) -> int | None:
    """Until when (ms UTC) one of the windows that hold at `at_ms` holds at least; None if none does."""
    return max((end for window in windows if (end := window.held_until(at_ms)) is not None), default=None)


@lru_cache(maxsize=8192)
def _began(window: Repeating, minute: int) -> int | None:
    """The last minute up to `minute`, and no longer ago than the window lasts, that the expression names.

    Minutes are UTC, since 1970. The time to look at is cut into half days; what a whole one holds is remembered.
    """
    first = minute - window.minutes + 1
    half, rest = divmod(minute, _PIECE_MIN)
    found = _named_between(window.cron, window.zone, half * _PIECE_MIN, half * _PIECE_MIN + rest)
    while found is None and half * _PIECE_MIN > first:
        half -= 1
        found = _named_in_half_day(window.cron, window.zone, half)
    return found if found is not None and found >= first else None


@lru_cache(maxsize=1 << 16)
def _named_in_half_day(cron: str, zone: str, half: int) -> int | None:
    return _named_between(cron, zone, half * _PIECE_MIN, (half + 1) * _PIECE_MIN - 1)


def _named_between(cron: str, zone: str, begin: int, last: int) -> int | None:
    """The last of the minutes from `begin` to `last` that the expression names.

    While the clocks are not changed, local time is UTC and something, and that minute is found by its fields.
    """
    parsed, clocks = _parsed(cron), ZoneInfo(zone)
    while last >= begin:
        offset = _offset(clocks, last)
        since = begin if _offset(clocks, begin) == offset else _changed(clocks, begin, last)
        found = _last_named(parsed, since + offset, last + offset)
        if found is not None:
            return found - offset
        last = since - 1
    return None


def _offset(zone: ZoneInfo, minute: int) -> int:
    """What local time is ahead of UTC, in whole minutes, as far as local clocks show them."""
    at = datetime.fromtimestamp(minute * 60, UTC)
    local = at.astimezone(zone).replace(tzinfo=UTC)
    return (local - at) // timedelta(minutes=1)


def _changed(zone: ZoneInfo, begin: int, last: int) -> int:
    """The first minute after `begin` at which the clocks are as they are at `last`."""
    offset = _offset(zone, last)
    while last - begin > 1:
        middle = (begin + last) // 2
        if _offset(zone, middle) == offset:
            last = middle
        else:
            begin = middle
    return last


def _last_named(cron: Cron, begin: int, last: int) -> int | None:
    """The last of the local minutes from `begin` to `last` that the expression names."""
    for day in range(last // _DAY_MIN, begin // _DAY_MIN - 1, -1):
        if not cron.on_day(datetime.fromtimestamp(day * _DAY_MIN * 60, UTC)):
            continue
        latest = cron.last_minute(min(last - day * _DAY_MIN, _DAY_MIN - 1))
        if latest is not None and day * _DAY_MIN + latest >= begin:
            return day * _DAY_MIN + latest
    return None


@lru_cache(maxsize=1024)
def _parsed(text: str) -> Cron:
    return parse_cron("cron", text)
