"""Jumps: whether the host was suspended, or its clock was set, since the last look."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from vedette.clock import Clock

LEAST_S = 5.0
"""Less is the clock being steered, or a machine that was busy."""


@dataclass(frozen=True, slots=True)
class Jump:
    """`slept_s` is how long the host was suspended, `stepped_s` by how much its wall clock was set (forth or back)."""

    slept_s: float
    stepped_s: float


def read_boottime() -> float:
    """Seconds since boot, with those asleep; the monotonic clock where the system does not tell."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


class Jumps:
    """Compares three clocks: the monotonic one stands still during sleep, that since boot does not, and only the wall
    clock can be set."""

    def __init__(self, clock: Clock, boottime: Callable[[], float] = read_boottime) -> None:
        self._clock, self._boottime = clock, boottime
        self._monotonic, self._since_boot, self._wall_ms = clock.monotonic(), boottime(), clock.now_ms()

    def look(self) -> Jump | None:
        """The jump since the last look, if there was one of at least `LEAST_S`."""
        monotonic, since_boot, wall_ms = self._clock.monotonic(), self._boottime(), self._clock.now_ms()
        awake = monotonic - self._monotonic
        passed = since_boot - self._since_boot
        slept = passed - awake
        stepped = (wall_ms - self._wall_ms) / 1000 - passed
        self._monotonic, self._since_boot, self._wall_ms = monotonic, since_boot, wall_ms
        if slept < LEAST_S and abs(stepped) < LEAST_S:
            return None
        return Jump(slept if slept >= LEAST_S else 0.0, stepped if abs(stepped) >= LEAST_S else 0.0)
