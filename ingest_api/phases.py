"""Phases of a monitor's checks over a range: percentiles from sketches of hours, and from raw results elsewhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Any

from vedette.statistics.sketch import Sketch
from vedette.store import check_phases
from vedette.store.pool import Store
from vedette.windows.phases import HOUR_MS, PHASES, merged, packed

NEWEST_MS = 3 * HOUR_MS
"""Within so long all locations have written an hour that is over, or are late."""
SHARES = (0.5, 0.9, 0.95, 0.99)


@dataclass(frozen=True, slots=True)
class Extent:
    """A range (ms UTC), and the whole hours within it."""

    from_ms: int
    to_ms: int

    @property
    def hours(self) -> tuple[int, int]:
        """From the first whole hour to the end of the last; empty where there is none."""
        first = -(-self.from_ms // HOUR_MS) * HOUR_MS
        return first, max(first, self.to_ms - self.to_ms % HOUR_MS)

    def widened(self, oldest_ms: int | None) -> Extent:
        """With ends on whole hours where no raw result could tell the part of an hour: before the oldest."""

        def told(at: int) -> bool:
            return oldest_ms is not None and at >= oldest_ms

        start = self.from_ms if told(self.from_ms) else self.from_ms - self.from_ms % HOUR_MS
        end = self.to_ms if told(self.to_ms - self.to_ms % HOUR_MS) else -(-self.to_ms // HOUR_MS) * HOUR_MS
        return Extent(start, end)


def phases_of(store: Store, monitor: int, wanted: Extent, location: str | None) -> dict[str, Any]:
    """The answer of `GET /v1/monitors/{id}/phases`: over all locations, and of each."""
    wanted = wanted.widened(check_phases.oldest_result_ms(store, monitor))
    places: dict[str, list[bytes]] = {}
    known: set[tuple[str, int]] = set()
    for place, hour, sketches in check_phases.hours_between(store, monitor, *wanted.hours, location):
        places.setdefault(place, []).append(sketches)
        known.add((place, hour))
    raw: dict[str, list[Sequence[float | None]]] = {}
    for begin, end in parts_without(wanted, {hour for _, hour in known}):
        for place, at, *row in check_phases.results_between(store, monitor, begin, end, location):
            if (place, at - at % HOUR_MS) not in known:
                raw.setdefault(place, []).append(row)
    for place, rows in raw.items():
        columns = ([float("nan") if value is None else value for value in column] for column in zip(*rows, strict=True))
        places.setdefault(place, []).append(packed(columns))
    return {
        "from": wanted.from_ms,
        "to": wanted.to_ms,
        "phases": _shown(merged(data for parts in places.values() for data in parts)),
        "locations": [{"location": place, "phases": _shown(merged(places[place]))} for place in sorted(places)],
    }


def parts_without(wanted: Extent, known: Set[int]) -> Iterator[tuple[int, int]]:
    """The parts of a range of which raw results tell: parts of hours, hours of which none is `known`, the newest ones.

    Of those some location's may be known already, and another's not.
    """
    first, last = wanted.hours
    if first >= last:
        yield wanted.from_ms, wanted.to_ms
        return
    unknown = (hour for hour in range(first, last, HOUR_MS) if hour not in known or hour >= last - NEWEST_MS)
    begin, end = wanted.from_ms, first
    for hour in unknown:
        if hour != end:
            yield begin, end
            begin = hour
        end = hour + HOUR_MS
    if end == last:
        yield begin, wanted.to_ms
    else:
        yield begin, end
        yield last, wanted.to_ms


def _shown(sketches: Mapping[str, Sketch]) -> dict[str, Any]:
    return {name: dict(_figures(sketches[name])) for name in PHASES if name in sketches}


def _figures(sketch: Sketch) -> Iterable[tuple[str, float | None]]:
    yield "count", sketch.count
    for share in SHARES:
        yield f"p{round(100 * share)}_ms", sketch.quantile(share)
