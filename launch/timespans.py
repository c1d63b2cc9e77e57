"""Spans and moments as people write them on the command line: 15m, 8h, 09:00, 2026-12-01 09:00."""

from __future__ import annotations

import re
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from vedette.errors import InvalidInput

_UNITS = {"d": 86_400, "h": 3600, "m": 60, "s": 1}
_SPAN = re.compile(r"(?:(\d{1,6})d)?(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,6})s)?")
SPAN = "seconds, or as 90s, 15m, 1h30m, 2d"
MOMENT = "now, 09:00 (the next one), 2026-12-01 09:00 (in the schedule's zone), or with an offset: 2026-12-01T09:00Z"


def seconds(field: str, text: str) -> int:
    """A span in seconds; `InvalidInput` names `field`."""
    if re.fullmatch(r"\d{1,9}", text):
        return int(text)
    found = _SPAN.fullmatch(text)
    if found is None or not text:
        raise InvalidInput(field, text, SPAN)
    return sum(int(part or 0) * unit for part, unit in zip(found.groups(), _UNITS.values(), strict=True))


def written(span_s: int) -> str:
    """Seconds as `seconds` reads them."""
    words = []
    for letter, unit in _UNITS.items():
        count, span_s = divmod(span_s, unit)
        if count:
            words.append(f"{count}{letter}")
    return "".join(words) or "0"


def moment_ms(field: str, text: str, zone: str, now_ms: int) -> int:
    """A moment in ms UTC; without an offset it is local time of `zone`, and a time of day is the next one there."""
    if text == "now":
        return now_ms
    local = ZoneInfo(zone)
    now = datetime.fromtimestamp(now_ms / 1000, local)
    try:
        if re.fullmatch(r"\d{1,2}:\d\d", text):
            clock = time.fromisoformat(text.rjust(5, "0"))
            today = datetime.combine(now.date(), clock, local)
            found = today if today.timestamp() > now.timestamp() else today + timedelta(days=1)
        else:
            found = datetime.fromisoformat(text)
            found = found if found.tzinfo else found.replace(tzinfo=local)
        return int(found.timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(field, text, MOMENT) from error


def shown(at_ms: int | None, zone: str) -> str:
    """A moment in local time of `zone`; nothing for None."""
    return "" if at_ms is None else f"{datetime.fromtimestamp(at_ms / 1000, ZoneInfo(zone)):%a %Y-%m-%d %H:%M}"


def now_ms() -> int:
    """The wall clock of this machine, ms UTC."""
    return int(datetime.now(UTC).timestamp() * 1000)
