"""What the tests of delivery share: reports, and transports that answer as they are told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from vedette.clock import Clock
from vedette.delivery import Receipt, Report, Spool

Answer = Receipt | Exception


def open_spool(folder: Path, clock: Clock, *, max_bytes: int = 1_000_000, max_age_s: int = 3600) -> Spool:
    return Spool(folder, clock, max_bytes=max_bytes, max_age_s=max_age_s)


def bodies(first: int, last: int) -> list[bytes]:
    """`{"n":first}` … `{"n":last}`."""
    return [f'{{"n":{n}}}'.encode() for n in range(first, last + 1)]


def waiting(spool: Spool) -> list[bytes]:
    return [report.body for report in spool.oldest(10_000, 1 << 30)]


class FakeTransport:
    """Answers by a rule, and remembers what it took (`taken`) and how much it was asked for (`tries`)."""

    def __init__(self, rule: Callable[[list[bytes]], Answer] | None = None) -> None:
        self._rule = rule or (lambda sent: Receipt(len(sent)))
        self.taken: list[bytes] = []
        self.tries: list[int] = []
        self.took = asyncio.Event()

    async def send(self, reports: Sequence[Report]) -> Receipt:
        sent = [report.body for report in reports]
        self.tries.append(len(sent))
        answer = self._rule(sent)
        if isinstance(answer, Exception):
            raise answer
        self.taken += sent
        self.took.set()
        return answer

    async def close(self) -> None:
        pass
