"""Trace: how long each phase of a check took, over all its hops."""

from __future__ import annotations

from typing import Literal

from vedette.events.checks import Phases

Phase = Literal["dns", "connect", "tls", "ttfb", "transfer"]


class Trace:
    """Seconds per completed phase, and the `phase` that is under way.

    The phases of several hops add up. A phase that was not reached, or not brought to its end, stays
    absent: no zero, no half value. What the sum lacks to the total is the phase that failed, or the
    prober's own work between phases.
    """

    __slots__ = ("_seconds", "phase")

    def __init__(self) -> None:
        self.phase: Phase = "dns"
        self._seconds: dict[Phase, float] = {}

    def add(self, phase: Phase, seconds: float) -> None:
        """`phase` was completed and took `seconds`."""
        self._seconds[phase] = self._seconds.get(phase, 0.0) + seconds

    def phases(self) -> Phases:
        """Milliseconds per completed phase, to the microsecond."""
        return Phases(**{phase: round(seconds * 1000, 3) for phase, seconds in self._seconds.items()})
