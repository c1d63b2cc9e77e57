"""Availability: uptime and reachability of one monitor over any range, by location too.

Uptime is the share of minutes with at least one success among those with any check that counts, reachability the share
of checks that succeeded. Missed slots and faults of the prober are in neither.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.grouping import joined
from vedette.store.check_columns import COUNTS, CheckColumns, Tier

if TYPE_CHECKING:
    # It knows the archive, and whoever only counts what tables hold need not load that.
    from vedette.history.queries import History

MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000
LONGEST_BY_MINUTES_MS = 2 * DAY_MS
LONGEST_BY_HOURS_MS = 62 * DAY_MS
"""Beyond it a day more at the beginning matters little, and its hours would be most of what is read."""
LONGEST_MS = 3660 * DAY_MS
Piece = tuple[Tier, int, int]
"""A tier, and from when to when (ms UTC) it is read."""


@dataclass(frozen=True, slots=True)
class Extent:
    """A range in whole minutes if it is short, in whole hours if it is longer, in whole days (UTC) if it is long."""

    from_ms: int
    to_ms: int
    unit_ms: int

    def fine(self) -> list[Piece]:
        """All of it in minutes, or in hours: for what days know no longer."""
        return [("1m" if self.unit_ms == MINUTE_MS else "1h", self.from_ms, self.to_ms)]

    def pieces(self, now_ms: int) -> list[Piece]:
        """What is to be read: of a long range days, and hours where it begins or ends within a day.

        Of a range that ends now its last day is read as a day: there is nothing yet behind the end.
        """
        if self.unit_ms == MINUTE_MS:
            return self.fine()
        first, last = self.from_ms + -self.from_ms % DAY_MS, self.to_ms - self.to_ms % DAY_MS
        if self.to_ms >= now_ms > last >= first:
            last += DAY_MS
        wanted: list[Piece] = [("1h", self.from_ms, first), ("1d", first, last), ("1h", last, self.to_ms)]
        return [piece for piece in wanted if piece[1] < piece[2]]

    def coarse(self, now_ms: int) -> list[Piece]:
        """All of it in as few rows as there can be: also of a short range whole hours and days, and minutes where it
        begins or ends within an hour. For many monitors at once; the numbers are the same, but for what the hours of
        before it was noted do not know."""
        first, last = self.from_ms + -self.from_ms % HOUR_MS, self.to_ms - self.to_ms % HOUR_MS
        if self.unit_ms != MINUTE_MS or first > last:
            return self.pieces(now_ms)
        edges: list[Piece] = [("1m", self.from_ms, first), ("1m", last, self.to_ms)]
        whole: list[Piece] = [("1h", first, last)]
        if first + -first % DAY_MS < last - last % DAY_MS:
            whole = Extent(first, last, HOUR_MS).pieces(last + 1)
        return [piece for piece in (edges[0], *whole, edges[1]) if piece[1] < piece[2]]


def extent(from_ms: int, to_ms: int) -> Extent:
    """The range, widened to whole minutes, hours or days; `InvalidInput` if it is empty or above ten years."""
    if not 0 < to_ms - from_ms <= LONGEST_MS:
        raise InvalidInput("from", from_ms, f"a moment before `to` ({to_ms}), at most ten years")
    length = to_ms - from_ms
    unit = MINUTE_MS if length <= LONGEST_BY_MINUTES_MS else HOUR_MS if length <= LONGEST_BY_HOURS_MS else DAY_MS
    return Extent(from_ms - from_ms % unit, to_ms + -to_ms % unit, unit)


def windows_of(history: History, account: int, monitor: int, pieces: Sequence[Piece]) -> list[CheckColumns]:
    """The windows of the pieces with their locations, out of the tables or the archive. Blocks."""
    return [part for piece in pieces for part in history.check_columns(account, monitor, *piece, "location")]


class Points(NamedTuple):
    """Minutes with a success, and with any check that counts; how many of the latter are only estimated."""

    good: float = 0
    counted: float = 0
    estimated: float = 0

    @property
    def share(self) -> float | None:
        """The uptime; None without checks."""
        return self.good / self.counted if self.counted else None

    def __add__(self, other: Points) -> Points:  # type: ignore[override]  # not the tuples one after the other
        """Those of two ranges."""
        return Points(*(mine + more for mine, more in zip(self, other, strict=True)))


def time_points(columns: CheckColumns) -> Points:
    """The minutes of all windows, those of several locations at the same time taken together."""
    if not len(columns):
        return Points()
    if columns.known.all():
        return _counted(columns, np.zeros(len(columns), np.int64), 1)[0]
    buckets, at = np.unique(columns.bucket_ms, return_inverse=True)
    known = np.bincount(at, ~columns.known, len(buckets)) == 0
    together = joined(columns.minutes, at, len(buckets))
    good, counted = np.bitwise_count(together[known]).sum(axis=(0, 2), dtype=np.int64).tolist()
    points = Points(good, counted)
    if not known.all():
        points += _bound(columns.select(~known[at]))
    return points


def time_points_of(columns: CheckColumns, number: npt.NDArray[np.int64], objects: int) -> list[Points]:
    """The same for each of several objects; `number` tells whose window each is."""
    if not len(columns):
        return [Points()] * objects
    if not columns.known.all():
        return [time_points(columns.select(number == each)) for each in range(objects)]
    return _counted(columns, number, objects)


def _counted(columns: CheckColumns, number: npt.NDArray[np.int64], objects: int) -> list[Points]:
    """Minutes of windows of which all are known."""
    place = (columns.bucket_ms - columns.bucket_ms.min()) // columns.width_ms
    places = int(place.max()) + 1
    together = np.bitwise_count(joined(columns.minutes, number * places + place, objects * places))
    found = together.reshape(objects, places, *together.shape[1:]).sum(axis=(1, 3), dtype=np.int64)
    return [Points(*each) for each in found.tolist()]


def _bound(columns: CheckColumns) -> Points:
    """Of older hours it is no longer known which minutes of two locations fell together.

    So a window's uptime is that of its best location: a lower bound, for another one may have succeeded at just the
    minutes where that failed. Each window weighs as many checks as its busiest location made.
    """
    up, degraded, down = (columns.counts[COUNTS.index(name)] for name in ("up", "degraded", "down"))
    places: dict[int, list[tuple[int, int]]] = {}
    rows = zip(columns.bucket_ms.tolist(), (up + degraded).tolist(), (up + degraded + down).tolist(), strict=True)
    for bucket, good, n in rows:
        if n:
            places.setdefault(bucket, []).append((good, n))
    weights = {bucket: min(max(n for _, n in found), columns.width_ms // MINUTE_MS) for bucket, found in places.items()}
    counted = sum(weights.values())
    return Points(sum(weights[b] * max(g / n for g, n in found) for b, found in places.items()), counted, counted)


def measure(parts: Sequence[CheckColumns]) -> dict[str, Any]:
    """Uptime and reachability (None without checks), whether the uptime is exact, and the counts behind them."""
    points = sum(map(time_points, parts), Points())
    total = dict(zip(COUNTS, sum((part.counts.sum(axis=1) for part in parts), np.zeros(len(COUNTS), np.int64)).tolist(),
                     strict=True))  # fmt: skip
    good = total["up"] + total["degraded"]
    executed = good + total["down"]
    return {
        "uptime": points.share,
        "exact": not points.estimated,
        "reachability": good / executed if executed else None,
        "succeeded": good,
        "executed": executed,
        "missed": total["missed"],
        "probe_error": total["probe_error"],
    }


def by_location(parts: Sequence[CheckColumns]) -> dict[str, list[CheckColumns]]:
    """The windows of each location, in the order of the names; `tails` must be locations."""
    places = sorted({place for part in parts for place in set(part.tails)})
    names = [np.array(part.tails, object) for part in parts]
    return {
        place.decode(): [part.select(name == place) for part, name in zip(parts, names, strict=True)]
        for place in places
    }


def report(parts: Sequence[CheckColumns]) -> dict[str, Any]:
    """Over all locations, and of each."""
    return {
        **measure(parts),
        "locations": [
            {"location": place, **{name: value for name, value in measure(mine).items() if name != "exact"}}
            for place, mine in by_location(parts).items()
        ],
    }
