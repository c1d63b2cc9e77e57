"""Clocks: where the recorder's times come from, so that tests can bring their own."""

from __future__ import annotations

import time
from typing import Protocol


class Clock(Protocol):
    """The two times there are."""

    def now_ms(self) -> int:
        """Wall-clock time, integer milliseconds UTC since 1970. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start. Never goes back."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds UTC from the system's real-time clock."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds from the system's monotonic clock."""
        return time.monotonic()
