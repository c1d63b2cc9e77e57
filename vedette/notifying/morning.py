"""Morning: until when somebody who is woken at night puts an alert off."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

MORNING = time(8)
_SOONEST = timedelta(hours=1)


def next_morning(now_ms: int, zone: str) -> datetime:
    """The next 8:00 of a zone that is more than an hour away: at two at night that of the day which has begun."""
    here = ZoneInfo(zone)
    now = datetime.fromtimestamp(now_ms / 1000, UTC)
    day = now.astimezone(here).date()
    for ahead in range(2):
        found = datetime.combine(day + timedelta(days=ahead), MORNING, here)
        if found.astimezone(UTC) - now > _SOONEST:
            return found
    return datetime.combine(day + timedelta(days=2), MORNING, here)
