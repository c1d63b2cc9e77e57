"""The probe on the control stream: it does what it is told within a moment, and lives without it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import msgspec
import uvloop

from probes import worker
from tests.integration.probes.endpoint import answers, endpoint
from tests.integration.probes.gateway import Gateway
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette.events.checks import CheckRecord
from vedette.events.control import Recheck, recheck
from vedette.settings import ProbeSettings

FAR = 86_400
"""Seconds between two checks of a monitor, and two questions for the list: nothing happens by itself."""


class Controlling(Gateway):
    """The tiny gateway, with a control stream."""

    def __init__(self, *monitors: dict[str, Any]) -> None:
        super().__init__(*monitors)
        self.followers: list[asyncio.StreamWriter] = []

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if not head.startswith(b"GET /v1/probe/control?location=eu "):
            again = asyncio.StreamReader()
            again.feed_data(head)
            pump = asyncio.create_task(_pump(reader, again))
            await super()._serve(again, writer)
            pump.cancel()
            return
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\nevent: tick\ndata: {}\n\n")
        self.followers.append(writer)
        async with self._changed:
            self._changed.notify_all()

    def tell(self, kind: str, data: bytes = b"{}") -> None:
        """Send an event to whoever follows."""
        for writer in self.followers:
            writer.write(b"event: " + kind.encode() + b"\ndata: " + data + b"\n\n")

    def hang_up(self) -> None:
        """End the streams."""
        for writer in self.followers:
            writer.close()
        self.followers.clear()


async def _pump(source: asyncio.StreamReader, into: asyncio.StreamReader) -> None:
    while data := await source.read(65_536):
        into.feed_data(data)
    into.feed_eof()


def monitor(number: int, port: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": "m", "url": f"http://127.0.0.1:{port}/", "interval_s": FAR, "timeout_s": 5} | fields


def order(number: int, slot: int, location: str = "eu", age_ms: int = 0) -> Recheck:
    now = SystemClock().now_ms()
    return recheck(CheckRecord(number, "us", slot, slot, "down", account=1), location, 1, now - age_ms)


@contextlib.asynccontextmanager
async def probing(folder: Path, gateway: Gateway) -> AsyncIterator[None]:
    settings = ProbeSettings.load(
        url=f"http://127.0.0.1:{gateway.port}",
        token="vdt_test",
        spool=folder,
        location="eu",
        reload_s=FAR,
        allow_private=True,
    )
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings, SystemClock(), random.Random(1), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE_S)


@contextlib.asynccontextmanager
async def controlled(folder: Path, *monitors: dict[str, Any]) -> AsyncIterator[Controlling]:
    """A gateway that a probe follows, with these monitors already known to it."""
    gateway = Controlling(*monitors)
    await gateway.come()
    async with probing(folder, gateway):
        # Once asked for at the start, and once when the stream was there.
        await gateway.until(lambda: bool(gateway.followers) and len(gateway.asked) >= 2)
        yield gateway
        gateway.hang_up()
    await gateway.go()


def test_an_order_is_done_at_once_and_only_once(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, controlled(tmp_path, monitor(1, port)) as gateway:
            encode = msgspec.json.encode
            for given in (order(1, 5000), order(1, 5000), order(1, 6000, "us"), order(1, 7000, age_ms=60_000)):
                gateway.tell("recheck", encode(given))
            gateway.tell("recheck", b"nonsense")
            gateway.tell("recheck", encode(order(99, 8000)))
            gateway.tell("recheck", encode(order(1, 9000)))
            await gateway.until(lambda: (1, 9000) in gateway.slots("up"))
            done = [(r["scheduled_ms"], r["attempt"], r["location"]) for r in gateway.results if r.get("attempt") == 2]
            assert done == [(5000, 2, "eu"), (9000, 2, "eu")]

    uvloop.run(script())


def test_a_changed_list_is_asked_for_as_soon_as_it_is_told(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, controlled(tmp_path, monitor(1, port)) as gateway:
            gateway.monitors, gateway.version = [monitor(2, port, interval_s=1)], 2
            gateway.tell("monitors")
            await gateway.until(lambda: 2 in {number for number, _ in gateway.slots("up")})

    uvloop.run(script())


def test_a_stream_that_ends_is_followed_again_and_what_changed_meanwhile_is_asked_for(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, controlled(tmp_path, monitor(1, port)) as gateway:
            gateway.hang_up()
            gateway.monitors, gateway.version = [monitor(2, port, interval_s=1)], 2
            await gateway.until(lambda: 2 in {number for number, _ in gateway.slots("up")})
            assert len(gateway.followers) == 1

    uvloop.run(script())
