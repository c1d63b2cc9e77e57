"""Schedule: which monitors are due at which one-second tick."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from probes.monitors import Monitor
from probes.places import Place
from vedette.events.names import hash64


class Slot(NamedTuple):
    """One turn of one monitor: the tick it belongs to, in milliseconds UTC."""

    monitor: int
    scheduled_ms: int


def offset_s(monitor: Monitor, location: str, place: Place | None = None) -> int:
    """The second of its interval in which `location` checks `monitor`, from 0 to `interval_s - 1`.

    It follows from the monitor and the location's place alone, so restarts do not move it, and hashing spreads the
    monitors evenly. Locations that are listed divide the interval among them: three places that check once a
    minute see the endpoint every twenty seconds. Where all locations check, so do all that the gateway knows; if
    it does not tell the `place`, each location has an offset of its own, by chance.
    """
    if location in monitor.locations:
        places = sorted(set(monitor.locations))
        shift = places.index(location) * monitor.interval_s // len(places)
        return (hash64("slot", monitor.id) + shift) % monitor.interval_s
    if place is not None:
        return (hash64("slot", monitor.id) + place.shift_s(monitor.interval_s)) % monitor.interval_s
    return hash64("slot", monitor.id, location) % monitor.interval_s


def newest_slot(monitor: Monitor, location: str, now_s: int, place: Place | None = None) -> int:
    """The last tick up to `now_s` (seconds UTC) at which the schedule checks the monitor."""
    return now_s - (now_s - offset_s(monitor, location, place)) % monitor.interval_s


class Schedule:
    """The slots of a list of monitors at one location.

    A monitor is due at the ticks `t` (whole seconds UTC) with `t % interval_s == offset_s`: exactly once in
    any `interval_s` ticks in a row. Asking costs as much as is due, not as much as there is.
    """

    def __init__(self, monitors: Iterable[Monitor], location: str, place: Place | None = None) -> None:
        self._due: dict[int, dict[int, list[int]]] = {}
        for monitor in monitors:
            offsets = self._due.setdefault(monitor.interval_s, {})
            offsets.setdefault(offset_s(monitor, location, place), []).append(monitor.id)

    def due(self, tick: int) -> list[Slot]:
        """The slots of the second `tick` (seconds UTC)."""
        return [
            Slot(monitor, tick * 1000)
            for interval, offsets in self._due.items()
            for monitor in offsets.get(tick % interval, ())
        ]


def portions(slots: Sequence[Slot], size: int, most: int) -> list[Sequence[Slot]]:
    """`slots` in order, in at most `most` portions of at least `size`, as even as can be.

    Starting a second's checks in portions keeps the probe's own burst out of the timings.
    """
    count = max(1, min(most, len(slots) // max(1, size)))
    edges = [len(slots) * i // count for i in range(count + 1)]
    return [slots[low:high] for low, high in pairwise(edges)]
