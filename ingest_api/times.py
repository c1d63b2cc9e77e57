"""Times in queries: milliseconds, ISO 8601, or relative to now as in `-15m`."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from vedette.errors import InvalidInput

_RELATIVE = re.compile(r"-(\d{1,6})(s|m|h|d|w)")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
ALLOWED = "milliseconds UTC, ISO 8601, now, or -15m (s, m, h, d, w)"
_LATEST = 1 << 42


def parse_time(field: str, text: str, now_ms: int) -> int:
    """Milliseconds UTC; `InvalidInput` names `field`."""
    if text == "now":
        return now_ms
    relative = _RELATIVE.fullmatch(text)
    if relative is not None:
        found = now_ms - int(relative[1]) * _SECONDS[relative[2]] * 1000
        if not 0 <= found < _LATEST:
            raise InvalidInput(field, text, ALLOWED)
        return found
    try:
        if re.fullmatch(r"\d{1,14}", text):
            found = int(text)
        else:
            moment = datetime.fromisoformat(text)
            found = round((moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp() * 1000)
    except (ValueError, OverflowError) as error:
        raise InvalidInput(field, text, ALLOWED) from error
    if not 0 <= found < _LATEST:
        raise InvalidInput(field, text, ALLOWED)
    return found
