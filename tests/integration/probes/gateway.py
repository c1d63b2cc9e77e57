"""A tiny gateway on loopback: monitors with an ETag, and an intake that remembers; it can go away and come back."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import msgspec
import zstandard

from tests.patience import PATIENCE_S


class FastClock:
    """The machine's clocks, `speed` times faster, so that seconds pass in milliseconds and nobody sleeps."""

    def __init__(self, speed: float, now_ms: int = 1_700_000_000_000) -> None:
        self._speed = speed
        self._begin = time.monotonic()
        self._now_ms = now_ms
        self._jumped = 0.0

    def now_ms(self) -> int:
        return self._now_ms + int(self.monotonic() * 1000)

    def monotonic(self) -> float:
        return (time.monotonic() - self._begin) * self._speed + self._jumped

    def advance(self, seconds: float) -> None:
        """Let `seconds` have passed."""
        self._jumped += seconds

    async def sleep_until(self, deadline: float) -> None:
        await asyncio.sleep(max(0.0, (deadline - self.monotonic()) / self._speed))


@contextlib.asynccontextmanager
async def gateway_with(*monitors: dict[str, Any]) -> AsyncIterator[Gateway]:
    """A gateway that listens, with these monitors."""
    gateway = Gateway(*monitors)
    await gateway.come()
    try:
        yield gateway
    finally:
        await gateway.go()


class Gateway:
    """What a probe needs of the gateway."""

    def __init__(self, *monitors: dict[str, Any], location: str = "eu") -> None:
        self.location = location
        self.version = 1
        self.monitors = list(monitors)
        self.place: dict[str, int] | None = None  # None: as an older gateway answers
        self.results: list[dict[str, Any]] = []
        self.asked: list[int] = []  # statuses of the answers to "which monitors?"
        self.port = 0
        self._server: asyncio.Server | None = None
        self._changed = asyncio.Condition()

    async def come(self) -> None:
        """Listen, on the same port as before if there was one."""
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]

    async def go(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    async def until(self, condition: Callable[[], bool]) -> None:
        """Wait until `condition` holds after a request; a test fails when that takes too long."""
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(condition)

    def slots(self, outcome: str) -> list[tuple[int, int]]:
        """The slots with that outcome, in order of arrival."""
        return [(r["monitor"], r["scheduled_ms"]) for r in self.results if r["outcome"] == outcome]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = next((line[15:] for line in head.split("\r\n") if line.startswith("content-length:")), "0")
            body = await reader.readexactly(int(length))
            status, answer = self._answer(head, body)
            headers = f'HTTP/1.1 {status} X\r\nETag: "v{self.version}"\r\nConnection: close\r\n'
            writer.write(f"{headers}Content-Length: {len(answer)}\r\n\r\n".encode() + answer)
            await writer.drain()
        writer.close()
        async with self._changed:
            self._changed.notify_all()

    def _answer(self, head: str, body: bytes) -> tuple[int, bytes]:
        if "authorization: bearer vdt_test\r\n" not in head:
            return 401, b""
        if head.startswith("post /v1/ingest/checks "):
            found = msgspec.json.decode(zstandard.ZstdDecompressor().decompressobj().decompress(body))
            self.results += found
            return 202, msgspec.json.encode({"accepted": len(found), "rejects": []})
        if not head.startswith(f"get /v1/probe/monitors?location={self.location} "):
            return 404, b""
        if f'if-none-match: "v{self.version}"' in head:
            self.asked.append(304)
            return 304, b""
        self.asked.append(200)
        place = {} if self.place is None else {"place": self.place}
        return 200, msgspec.json.encode({"monitors": self.monitors, **place})
