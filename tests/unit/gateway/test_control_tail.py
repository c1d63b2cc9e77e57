"""The control tail: what was read is handed out though the log goes away then, and a fault ends nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec

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


def test_a_mistake_of_ours_ends_neither_the_watch_of_changes_nor_the_orders(monkeypatch: Any) -> None:
    count = 0

    def version(store: object) -> list[tuple[int, int]]:
        nonlocal count
        count += 1
        if count == 2:
            raise RuntimeError("a mistake of ours")
        return [(7, count)]

    async def script(tail: ControlTail, follower: Follower) -> None:
        tasks = list(tail._tasks)
        broken = tail._read
        failed = asyncio.Event()
        loop = asyncio.get_running_loop()

        def fails_once() -> list[Recheck]:
            tail._read = broken  # type: ignore[method-assign]
            loop.call_soon_threadsafe(failed.set)
            raise RuntimeError("another one")

        tail._read = fails_once  # type: ignore[method-assign]
        await failed.wait()
        while not {b"recheck", b"monitors"} <= {
            data.split(b"\n")[0].removeprefix(b"event: ") for data in follower.queue
        }:
            follower.arrived.clear()
            await follower.arrived.wait()
        assert tail._tasks == tasks
        assert not any(task.done() for task in tasks)

    monkeypatch.setattr(control, "CHANGES_S", 0.02)
    monkeypatch.setattr(control, "_AFTER_FAULT_S", 0.02)
    follow(script, monkeypatch, version)


def test_an_order_goes_to_its_place_alone_and_looks_at_no_other_follower(monkeypatch: Any) -> None:
    tail = ControlTail(TwoPartitions(), None)  # type: ignore[arg-type]
    looked: list[str] = []

    class Counted(Follower):
        def put(self, data: bytes) -> None:
            looked.append(self.location)
            super().put(data)

    async def script() -> None:
        monkeypatch.setattr(control, "monitors_version", lambda store: [])
        followers = [Counted(account, f"place-{number}") for account in (7, 8) for number in range(50)]
        for follower in followers:
            await tail.join(follower)
        tail._hand_out([msgspec.structs.replace(ORDER, location="place-3"), ORDER])
        for follower in followers:
            tail.leave(follower)
        assert not tail._places
        assert not tail._tasks

    asyncio.run(script())
    assert looked == ["place-3"]
