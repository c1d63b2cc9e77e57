"""Availability: uptime and reachability of one monitor over any range, by location too.

Uptime is the share of time points with at least one success, reachability the share of checks that succeeded. Missed
slots and faults of the prober are in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ingest_api.history import availability
from vedette.errors import InvalidInput
from vedette.history.queries import History
from vedette.store.checks import CheckWindow

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LONGEST_BY_MINUTES_MS = 2 * DAY_MS
LONGEST_MS = 3660 * DAY_MS


@dataclass(frozen=True, slots=True)
class Extent:
    """A range in whole time points: minutes if it is short, hours if not."""

    from_ms: int
    to_ms: int
    hours: bool


def extent(from_ms: int, to_ms: int) -> Extent:
    """The range, widened to whole minutes or hours; `InvalidInput` if it is empty or above ten years."""
    if not 0 < to_ms - from_ms <= LONGEST_MS:
        raise InvalidInput("from", from_ms, f"a moment before `to` ({to_ms}), at most ten years")
    hours = to_ms - from_ms > LONGEST_BY_MINUTES_MS
    unit = HOUR_MS if hours else MINUTE_MS
    return Extent(from_ms - from_ms % unit, to_ms + -to_ms % unit, hours)


def windows_of(history: History, account: int, monitor: int, wanted: Extent) -> list[CheckWindow]:
    """The windows in the range, out of the tables or the archive. Blocks."""
    return history.check_windows(account, monitor, wanted.from_ms, wanted.to_ms, hours=wanted.hours)


def _hourly(windows: Sequence[CheckWindow]) -> tuple[float | None, float | None]:
    """Of hours it is no longer known which minutes of two locations fell together.

    So an hour's uptime is that of its best location: a lower bound, for another one may have succeeded at just the
    minutes where that failed. Each hour weighs as many checks as its busiest location made.
    """
    hours: dict[int, list[tuple[int, int]]] = {}
    for window in windows:
        good = window.up + window.degraded
        if good + window.down:
            hours.setdefault(window.bucket_ms, []).append((good, good + window.down))
    if not hours:
        return None, None
    weights = {at: max(n for _, n in places) for at, places in hours.items()}
    up = sum(weights[at] * max(good / n for good, n in places) for at, places in hours.items())
    good_of_all = sum(good for places in hours.values() for good, _ in places)
    return up / sum(weights.values()), good_of_all / sum(n for places in hours.values() for _, n in places)


def measure(windows: Sequence[CheckWindow], *, hours: bool) -> dict[str, Any]:
    """Uptime and reachability (None without checks) and the counts behind them."""
    uptime, reachability = _hourly(windows) if hours else availability(windows)
    good = sum(window.up + window.degraded for window in windows)
    return {
        "uptime": uptime,
        "reachability": reachability,
        "succeeded": good,
        "executed": good + sum(window.down for window in windows),
        "missed": sum(window.missed for window in windows),
        "probe_error": sum(window.probe_error for window in windows),
    }


def report(windows: Sequence[CheckWindow], *, hours: bool) -> dict[str, Any]:
    """Over all locations, and of each."""
    places = sorted({window.location for window in windows})
    return {
        **measure(windows, hours=hours),
        "locations": [
            {"location": place, **measure([w for w in windows if w.location == place], hours=hours)} for place in places
        ],
    }
