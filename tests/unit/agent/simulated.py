"""A clock for tests in which several tasks wait: time passes only when all of them sleep."""

from __future__ import annotations

import asyncio
import math

START_MS = 1_700_000_000_300


class SimulatedClock:
    """Time passes only when everybody sleeps."""

    def __init__(self) -> None:
        self.at = 0.0
        self._sleepers: list[tuple[float, asyncio.Future[None]]] = []

    def now_ms(self) -> int:
        return START_MS + round(self.at * 1000)

    def monotonic(self) -> float:
        return self.at

    async def sleep_until(self, deadline: float) -> None:
        if deadline <= self.at:
            return
        future = asyncio.get_running_loop().create_future()
        self._sleepers.append((deadline, future))
        await future

    async def pass_until(self, end: float) -> None:
        while True:
            for _ in range(30):
                await asyncio.sleep(0)
            self._sleepers = [(at, future) for at, future in self._sleepers if not future.done()]
            due = min((at for at, _ in self._sleepers), default=math.inf)
            if due > end:
                self.at = end
                return
            self.at = max(self.at, due)
            for at, future in self._sleepers:
                if at <= self.at and not future.done():
                    future.set_result(None)
