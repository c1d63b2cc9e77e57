"""Clocks: where time comes from, so that tests can bring their own."""

from __future__ import annotations

import asyncio
import time
from typing import Protocol


class Clock(Protocol):
    """The two times there are, and waiting on them."""

    def now_ms(self) -> int:
        """Wall-clock time, integer milliseconds UTC since 1970. May jump."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary start. Never jumps, never goes back."""
        ...

    async def sleep_until(self, deadline: float) -> None:
        """Return when `monotonic()` has reached `deadline`; at once if it has passed."""
        ...


class SystemClock:
    """The machine's clocks."""

    def now_ms(self) -> int:
        """Milliseconds UTC from the system's real-time clock."""
        return time.time_ns() // 1_000_000

    def monotonic(self) -> float:
        """Seconds from the system's monotonic clock."""
        return time.monotonic()

    async def sleep_until(self, deadline: float) -> None:
        """Sleep on the running event loop until the monotonic `deadline`."""
        await asyncio.sleep(max(0.0, deadline - time.monotonic()))


class FakeClock:
    """A clock that moves only when told; `sleep_until` moves it."""

    def __init__(self, now_ms: int = 1_700_000_000_000) -> None:
        self._now_ms = now_ms
        self._monotonic = 0.0

    def now_ms(self) -> int:
        """The wall-clock time it was set to."""
        return self._now_ms

    def monotonic(self) -> float:
        """Seconds that this clock was advanced by."""
        return self._monotonic

    def advance(self, seconds: float) -> None:
        """Let `seconds` pass on both clocks."""
        self._monotonic += seconds
        self._now_ms += round(seconds * 1000)

    async def sleep_until(self, deadline: float) -> None:
        """Advance to `deadline` at once, and give other tasks a turn."""
        if deadline > self._monotonic:
            self.advance(deadline - self._monotonic)
        await asyncio.sleep(0)
