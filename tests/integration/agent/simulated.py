"""The real agent in simulated time, as a process of its own that dies where it is told to.

What it has made durable is written to a ledger, line by line, so that a test can compare.
"""

from __future__ import annotations

import asyncio
import heapq
import os
import random
import signal
import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

import agent.main
from agent.collectors.base import Group
from vedette.clock import Clock
from vedette.delivery import HttpTransport, Receipt, Report, Spool
from vedette.settings import AgentSettings

PACE_S = 0.004
"""So long, in real time, all that runs may go on before simulated time moves to the next deadline."""


class SimulatedClock:
    """Time stands still while anybody works, and then jumps to the next moment somebody waits for."""

    def __init__(self, now_ms: int) -> None:
        self._start_ms, self._monotonic = now_ms, 0.0
        self._waiting: list[tuple[float, int, asyncio.Event]] = []
        self._number = count()

    def now_ms(self) -> int:
        return self._start_ms + round(self._monotonic * 1000)

    def monotonic(self) -> float:
        return self._monotonic

    async def sleep_until(self, deadline: float) -> None:
        if deadline <= self._monotonic:
            await asyncio.sleep(0)
            return
        event = asyncio.Event()
        heapq.heappush(self._waiting, (deadline, next(self._number), event))
        await event.wait()

    async def run(self) -> None:
        """Let time pass, for ever."""
        while True:
            await asyncio.sleep(PACE_S)
            if self._waiting:
                deadline, _, event = heapq.heappop(self._waiting)
                self._monotonic = max(self._monotonic, deadline)
                event.set()


class Meter:
    """Whole numbers that follow from the time alone: a gauge, and a counter that begins anew every four minutes."""

    name = "meter"

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def collect(self, at: float) -> list[Group]:
        second = self._clock.now_ms() // 1000
        values = {"meter.level": float(second % 97), "meter.total": float(second % 240 * 3)}
        return [Group(values, {"meter.total": "counter"})]


def kill_me() -> None:
    """As a power cut would."""
    os.kill(os.getpid(), signal.SIGKILL)


class LedgerSpool(Spool):
    """Writes down what it has made durable; dies after so many times (0: never)."""

    ledger: Path
    dies_after = 0
    _times = 0

    def append(self, kind: str, bodies: Sequence[bytes]) -> None:  # type: ignore[override]
        super().append("samples", bodies)
        with self.ledger.open("ab") as file:
            file.write(b"".join(body + b"\n" for body in bodies))
        self._times += 1
        if self._times == self.dies_after:
            kill_me()


class MortalTransport(HttpTransport):
    """Dies after a request was acknowledged, before the spool can know it, once so many reports were sent."""

    dies_after = 0
    _sent = 0

    async def send(self, reports: Sequence[Report]) -> Receipt:
        receipt = await super().send(reports)
        self._sent += len(reports)
        if 0 < self.dies_after <= self._sent:
            kill_me()
        return receipt


async def live(settings: AgentSettings, now_ms: int, until_ms: int) -> None:
    """Run from `now_ms` to `until_ms`, then on until the spool is empty, and end in order."""
    clock, stop = SimulatedClock(now_ms), asyncio.Event()
    spools: list[Spool] = []
    opened = agent.main._open_spool

    def open_spool(settings: AgentSettings, clock: Clock) -> Spool:
        spools.append(opened(settings, clock))
        return spools[0]

    agent.main._open_spool = open_spool

    async def end() -> None:
        while clock.now_ms() < until_ms or not spools or len(spools[0]):
            await clock.sleep_until(clock.monotonic() + 1)
        stop.set()

    passing, ending = asyncio.ensure_future(clock.run()), asyncio.ensure_future(end())
    await agent.main.run(settings, clock, random.Random(1), [Meter(clock)], stop)
    for task in (passing, ending):
        task.cancel()
    await asyncio.gather(passing, ending, return_exceptions=True)


def main(ledger: str, now_ms: str, until_ms: str, spool_dies: str, transport_dies: str) -> None:
    """Take what the real agent takes from `VEDETTE_…`, and the rest from the command line."""
    LedgerSpool.ledger, LedgerSpool.dies_after = Path(ledger), int(spool_dies)
    MortalTransport.dies_after = int(transport_dies)
    agent.main.Spool = LedgerSpool  # type: ignore[misc]
    agent.main.open_transport = MortalTransport  # type: ignore[assignment]
    asyncio.run(live(AgentSettings.load(), int(now_ms), int(until_ms)))


if __name__ == "__main__":
    main(*sys.argv[1:])
