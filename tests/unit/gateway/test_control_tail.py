"""The control tail: what was read is handed out though the log goes away then, and a tail that ended begins again."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from ingest_api.stream import control
from ingest_api.stream.control import ControlTail, Follower
from vedette.errors import LogUnavailable
from vedette.events.control import Recheck, encode_recheck
from vedette.log import Record
from vedette.log.port import Bounds

ORDER = Recheck(id=1, account=7, location="a", monitor=3, scheduled_ms=1000, attempt=2, deadline_ms=16_000)


class TwoPartitions:
    """The first holds an order; the second is away until it is told to come back."""

    def __init__(self) -> None:
        self.away = True

    def bounds(self, topic: str) -> list[Bounds]:
        return [Bounds(0, 0), Bounds(0, 0)]

    def read(self, topic: str, partition: int, offset: int, limit: int) -> list[Record]:
        if partition == 1 and self.away:
            raise LogUnavailable("away")
        return [Record(0, 0, b"a", encode_recheck(ORDER))] if (partition, offset) == (0, 0) else []


def follow(script: Callable[[ControlTail, Follower], Awaitable[None]], monkeypatch: Any, version: Any) -> None:
    monkeypatch.setattr(control, "monitors_version", version)

    async def run() -> None:
        tail = ControlTail(TwoPartitions(), None)  # type: ignore[arg-type]  # as much of both as is used
        follower = Follower(7, "a")
        await tail.join(follower)
        try:
            async with asyncio.timeout(10):
                await script(tail, follower)
        finally:
            tail.leave(follower)

    asyncio.run(run())


def test_orders_that_were_read_are_handed_out_though_another_partition_is_away(monkeypatch: Any) -> None:
    async def script(tail: ControlTail, follower: Follower) -> None:
        await follower.arrived.wait()
        assert b"recheck" in follower.queue[0]

    follow(script, monkeypatch, lambda store: [])


def test_a_tail_whose_watch_ended_begins_again_with_the_next_follower(monkeypatch: Any) -> None:
    broken = True
    count = 0

    def version(store: object) -> list[tuple[int, int]]:
        nonlocal count
        count += 1
        if broken and count > 1:
            raise RuntimeError("a mistake of ours")
        return [(7, count)]

    async def script(tail: ControlTail, follower: Follower) -> None:
        nonlocal broken
        watch = tail._tasks[1]
        await asyncio.wait([watch])
        broken = False
        second = Follower(7, "b")
        await tail.join(second)
        await second.arrived.wait()
        assert b"monitors" in second.queue[0]
        tail.leave(second)

    monkeypatch.setattr(control, "CHANGES_S", 0.02)
    follow(script, monkeypatch, version)
