"""Cron expressions: five fields that name minutes of local time."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from vedette.errors import InvalidInput

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day of month", 1, 31), ("month", 1, 12), ("day of week", 0, 7))
_NAMES = {
    "month": "jan feb mar apr may jun jul aug sep oct nov dec",
    "day of week": "sun mon tue wed thu fri sat",
}
_MOST_DIGITS = 3
_PART = re.compile(r"(\*|[a-z0-9]+)(?:-([a-z0-9]+))?(?:/(\d{1,3}))?")
ALLOWED = "five fields (minute hour day-of-month month day-of-week), each *, 5, 1-5, */10, mon-fri or a list of these"


@dataclass(frozen=True, slots=True)
class Cron:
    """The minutes, hours, days and months that an expression names; Sunday is 0.

    As in POSIX: if both days of the month and of the week are restricted, either will do.
    """

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]
    either: bool

    def on_day(self, local: datetime) -> bool:
        """Whether any minute of that day is named."""
        if local.month not in self.months:
            return False
        day, weekday = local.day in self.days, local.isoweekday() % 7 in self.weekdays
        return day or weekday if self.either else day and weekday

    def at_minute(self, local: datetime) -> bool:
        """Whether the minute is named, on a day that is."""
        return local.minute in self.minutes and local.hour in self.hours

    def last_minute(self, until: int) -> int | None:
        """The last minute of the day (from 0) up to `until` that is named, on a day that is."""
        hour, minute = divmod(until, 60)
        if hour in self.hours and (found := max((m for m in self.minutes if m <= minute), default=None)) is not None:
            return hour * 60 + found
        before = max((h for h in self.hours if h < hour), default=None)
        return None if before is None else before * 60 + max(self.minutes)


def parse_cron(field: str, text: str) -> Cron:
    """The expression in `text`; `InvalidInput` names `field`."""
    parts = text.lower().split()
    if len(parts) != len(_FIELDS):
        raise InvalidInput(field, text, ALLOWED)
    found = [
        _values(field, text, part, name, low, high) for part, (name, low, high) in zip(parts, _FIELDS, strict=True)
    ]
    weekdays = frozenset(day % 7 for day in found[4])
    either = not parts[2].startswith("*") and not parts[4].startswith("*")
    return Cron(found[0], found[1], found[2], found[3], weekdays, either)


def _values(field: str, text: str, part: str, name: str, low: int, high: int) -> frozenset[int]:
    values: set[int] = set()
    for piece in part.split(","):
        match = _PART.fullmatch(piece)
        step = int(match[3] or 1) if match is not None else 0
        if match is None or step < 1:
            raise InvalidInput(field, text, f"{ALLOWED}; {piece!r} is no {name}")
        if match[1] == "*":
            first, last = low, high
        else:
            first = _number(match[1], name)
            last = _number(match[2], name) if match[2] else (high if match[3] else first)
        if not low <= first <= last <= high:
            raise InvalidInput(field, text, f"{ALLOWED}; {piece!r} is no {name} from {low} to {high}")
        values.update(range(first, last + 1, step))
    return frozenset(values)


def _number(text: str, name: str) -> int:
    """The number in `text`, or that of the month or day that it names; -1 for anything else."""
    names = _NAMES.get(name, "").split()
    if text in names:
        return names.index(text) + (1 if name == "month" else 0)
    return int(text) if text.isdigit() and len(text) <= _MOST_DIGITS else -1
