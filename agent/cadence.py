"""The cadence: how often the agent reports, which may change while it runs."""

from __future__ import annotations

import asyncio

from agent.schedule import Schedule
from vedette.clock import Clock


class Cadence:
    """A schedule that can be replaced: whoever waits for the old one's deadline is woken, and no report is lost."""

    def __init__(self, source: str, clock: Clock, interval_s: float) -> None:
        self._source, self._clock = source, clock
        self._changed = asyncio.Event()
        self.interval_s = interval_s
        self.schedule = self._made()

    def _made(self) -> Schedule:
        return Schedule.of(
            self._source, self.interval_s, now_ms=self._clock.now_ms(), monotonic=self._clock.monotonic()
        )

    def change(self, interval_s: float) -> None:
        """Report each `interval_s` seconds from now on; nothing happens if that is so already."""
        if interval_s == self.interval_s:
            return
        self.interval_s = interval_s
        self.schedule = self._made()
        self._changed.set()

    async def wait(self, deadline: float) -> bool:
        """True at the monotonic `deadline`; False as soon as the schedule is another."""
        if self._changed.is_set():  # while nobody waited
            self._changed.clear()
            return False
        timer = asyncio.ensure_future(self._clock.sleep_until(deadline))
        changed = asyncio.ensure_future(self._changed.wait())
        try:
            await asyncio.wait({timer, changed}, return_when=asyncio.FIRST_COMPLETED)
            if not self._changed.is_set():
                return True
            self._changed.clear()
            return False
        finally:
            timer.cancel()
            changed.cancel()
