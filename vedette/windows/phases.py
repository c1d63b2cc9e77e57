"""Phases of checks: how long each took, by hours. Numbers while an hour is open, sketches once it is over."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from vedette.errors import InvalidInput
from vedette.events.checks import HEARTBEAT, CheckRecord, Phases
from vedette.statistics.sketch import Sketch

HOUR_MS = 3_600_000
PHASES = ("dns", "connect", "tls", "ttfb", "transfer")
_LENGTHS = struct.Struct(f"<{len(PHASES)}I")
LAST_MS = 1 << 62
_ABSENT = float("nan")


class PhaseHours:
    """Of one monitor at one location: the phases of its checks in the hours that are not over yet."""

    __slots__ = ("_open",)

    def __init__(self) -> None:
        self._open: dict[int, array[float]] = {}

    def add(self, scheduled_ms: int, phases: Phases) -> None:
        """Count one check; a phase that it did not reach is none of its."""
        hour = scheduled_ms - scheduled_ms % HOUR_MS
        found = self._open.get(hour)
        if found is None:
            found = self._open[hour] = array("f")
        for value in (phases.dns, phases.connect, phases.tls, phases.ttfb, phases.transfer):
            found.append(_ABSENT if value is None else value)

    def over(self, open_from_ms: int) -> list[tuple[int, bytes]]:
        """The hours that end by then, with their sketches; they are forgotten."""
        ended = sorted(hour for hour in self._open if hour + HOUR_MS <= open_from_ms)
        return [(hour, packed(np.array(self._open.pop(hour)).reshape(-1, len(PHASES)).T)) for hour in ended]


def fold_phases(results: Iterable[CheckRecord]) -> Iterator[tuple[int, str, int, bytes]]:
    """The sketches of all hours of some results, each counted once: monitor, location, hour (ms UTC), sketches."""
    hours: dict[tuple[int, str], PhaseHours] = {}
    seen: set[tuple[int, str, int]] = set()
    for result in results:
        slot = (result.monitor, result.location, result.scheduled_ms)
        if has_phases(result) and slot not in seen:
            seen.add(slot)
            hours.setdefault(slot[:2], PhaseHours()).add(result.scheduled_ms, result.phases)
    for place, found in sorted(hours.items()):
        yield from ((*place, *hour) for hour in found.over(LAST_MS))


def has_phases(result: CheckRecord) -> bool:
    """Whether a result tells how long phases take: first checks that did not fail; pings have none."""
    return result.attempt == 1 and result.outcome in {"up", "degraded"} and result.location != HEARTBEAT


def packed(columns: Iterable[Iterable[float]]) -> bytes:
    """The sketches of milliseconds by phase, NaN where it was not reached; in the order of `PHASES`."""
    parts = []
    for column in columns:
        values = np.asarray(column, np.float64)
        sketch = Sketch()
        sketch.add(values[~np.isnan(values)])
        parts.append(sketch.to_bytes() if sketch.count else b"")
    return _LENGTHS.pack(*map(len, parts)) + b"".join(parts)


def merged(found: Iterable[bytes]) -> dict[str, Sketch]:
    """What went into all of them, by phase that was reached; `InvalidInput` for what `packed` did not make."""
    parts: Mapping[str, list[bytes]] = {name: [] for name in PHASES}
    for data in found:
        if len(data) < _LENGTHS.size:
            raise InvalidInput("sketches", f"{len(data)} bytes", f"at least {_LENGTHS.size}")
        at = _LENGTHS.size
        for name, length in zip(PHASES, _LENGTHS.unpack_from(data), strict=True):
            if length:
                parts[name].append(data[at : at + length])
            at += length
    return {name: Sketch.merged(some) for name, some in parts.items() if some}
