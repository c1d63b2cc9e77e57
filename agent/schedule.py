"""The schedule: at which moments an agent reports, as absolute deadlines."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Self

from vedette.events.names import hash64

SHORTEST_FIRST = 0.1
"""The tick after the report at the start comes no sooner than this part of an interval."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Tick `n` is due at `first + n * interval`, in seconds of the monotonic clock.

    A tick is never due a sleep after the last one ended, so the ticks do not drift.
    """

    first: float
    interval: float

    @classmethod
    def of(cls, source: str, interval: float, *, now_ms: int, monotonic: float) -> Self:
        """The schedule of `source`, spread over the interval by a stable hash of its name.

        The phase is laid against the wall clock as it is now, so that hosts that were all started at the
        same moment do not report at the same moment, and one that restarts keeps its place.
        """
        phase = hash64(source) % 1_000_000 / 1_000_000 * interval
        wait = (phase - now_ms / 1000) % interval
        if wait < SHORTEST_FIRST * interval:
            wait += interval
        return cls(monotonic + wait, interval)

    def deadline(self, tick: int) -> float:
        """When `tick` is due."""
        return self.first + tick * self.interval

    def following(self, tick: int, now: float) -> int:
        """The tick after `tick`; one whose moment has passed by `now` is skipped, never made up for."""
        return max(tick + 1, math.floor((now - self.first) / self.interval) + 1)
