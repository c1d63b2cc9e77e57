"""The memory of a rule about changes: means of a series over windows, as far back as it compares."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass, field


@dataclass(slots=True)
class Means:
    """Sums and counts of `back` + 1 windows of `width_ms`, the last of them `newest` (its number since 1970).

    Bounded: 12 bytes a window, at most 337 windows (half-hours of a week).
    """

    width_ms: int
    back: int
    newest: int = -1
    sums: array[float] = field(default_factory=lambda: array("d"))
    counts: array[int] = field(default_factory=lambda: array("I"))

    def add(self, at_ms: int, value: float) -> tuple[float, float] | None:
        """Take in a reading; if it begins a window, the means of the one before and of that `back` windows earlier.

        None while there is nothing to compare: one of them is empty, has less than half as many readings as the other,
        or a sum that is too large for a float, or the reading comes a window and more after the last. One older than
        the newest window is left out.
        """
        window = at_ms // self.width_ms
        if window < self.newest:
            return None
        found = None
        if window > self.newest:
            found = self._compared() if window == self.newest + 1 and self.counts else None
            self._move_to(window)
        self.sums[-1] += value
        self.counts[-1] += 1
        return found

    def rewind(self, at_ms: int) -> None:
        """The clock was set back: windows from this time on are filled anew."""
        window, size = at_ms // self.width_ms, self.back + 1
        gone = min(self.newest - window + 1, size)
        if self.newest < 0 or gone <= 0:
            return
        self.sums = array("d", [*[0.0] * (gone - 1), *self.sums[: size - gone], 0.0])
        self.counts = array("I", [*[0] * (gone - 1), *self.counts[: size - gone], 0])
        self.newest = window

    def _compared(self) -> tuple[float, float] | None:
        now, then = self.counts[-1], self.counts[0]
        if not now or not then or 2 * now < then or 2 * then < now:
            return None
        means = self.sums[-1] / now, self.sums[0] / then
        return means if all(map(math.isfinite, means)) else None

    def _move_to(self, window: int) -> None:
        size = self.back + 1
        steps = size if self.newest < 0 else min(window - self.newest, size)
        self.sums = array("d", [*self.sums[steps:], *[0.0] * steps])[-size:]
        self.counts = array("I", [*self.counts[steps:], *[0] * steps])[-size:]
        self.newest = window
