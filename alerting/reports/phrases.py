"""Phrases: numbers and times of a report, as people read them."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
NONE = "-"
_MINUTE, _HOUR, _DAY = 60, 3600, 86_400


def percent(share: float | None) -> str:
    """A share from 0 to 1, rounded down to a thousandth of a per cent: 100 % means that nothing failed."""
    if share is None:
        return NONE
    thousandths = int(share * 100_000 + 1e-6)
    return "100 %" if share >= 1 else f"{thousandths // 1000}.{thousandths % 1000:03d} %"


def difference(now: float | None, before: float | None) -> str:
    """Of two shares, in points of a per cent, with its sign."""
    if now is None or before is None:
        return ""
    points = round(100 * (now - before), 3)
    return "±0" if points == 0 else f"{points:+.3f}"


def more_or_fewer(now: int, before: int) -> str:
    """Of two counts, with its sign."""
    return "±0" if now == before else f"{now - before:+d}"


def duration(seconds: float | None) -> str:
    """In the two largest of its units."""
    if seconds is None:
        return NONE
    whole = round(seconds)
    if whole < _MINUTE:
        return f"{whole} s"
    if whole < _HOUR:
        return f"{whole // _MINUTE} min {whole % _MINUTE} s" if whole % _MINUTE else f"{whole // _MINUTE} min"
    if whole < _DAY:
        return f"{whole // _HOUR} h {whole % _HOUR // _MINUTE} min"
    return f"{whole // _DAY} d {whole % _DAY // _HOUR} h"


def moment(ms: int, zone: str) -> str:
    """A time in local time, to the minute: `Mon 30 Nov 08:00`."""
    local = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone))
    return f"{day(ms, zone)} {local:%H:%M}"


def day(ms: int, zone: str) -> str:
    """A local day: `Mon 30 Nov`."""
    local = datetime.fromtimestamp(ms / 1000, ZoneInfo(zone))
    return f"{_DAYS[local.weekday()]} {local.day} {_MONTHS[local.month - 1]}"


def printable(text: str) -> str:
    """On one line, without what is no sign: names hold what endpoints and plugins have said."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())
