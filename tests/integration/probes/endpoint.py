"""Endpoints on loopback that behave as told, well or badly."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
import struct
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.patience import PATIENCE_S

Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""What an endpoint does with a request's head; the connection is closed afterwards."""


def says(answer: bytes) -> Handler:
    """An endpoint that sends these bytes."""

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(answer)

    return handle


def answers(status: str = "200 OK", *headers: str, body: bytes = b"hello") -> Handler:
    """An endpoint with a complete answer."""
    lines = [f"HTTP/1.1 {status}", *headers, f"Content-Length: {len(body)}", "", ""]
    return says("\r\n".join(lines).encode() + body)


class Counted:
    """An endpoint that is well and counts its visitors."""

    def __init__(self) -> None:
        self._visits = 0
        self._changed = asyncio.Condition()

    async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
        async with self._changed:
            self._visits += 1
            self._changed.notify_all()

    async def more(self, visits: int) -> None:
        """Wait for that many visits more; a test fails when that takes too long."""
        goal = self._visits + visits
        async with asyncio.timeout(PATIENCE_S), self._changed:
            await self._changed.wait_for(lambda: self._visits >= goal)


def hangs(before: bytes = b"") -> Handler:
    """An endpoint that sends `before` and then nothing until the client has gone."""

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await asyncio.Event().wait()

    return handle


def floods(head: bytes, piece: bytes) -> Handler:
    """An endpoint that never stops sending `piece`."""

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(head)
        while True:
            writer.write(piece)
            await writer.drain()
            await asyncio.sleep(0)

    return handle


def drips(answer: bytes, pause_s: float = 0.02) -> Handler:
    """An endpoint that sends its answer byte by byte, so that no single read is ever late."""

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        for byte in answer:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(pause_s)

    return handle


def resets(before: bytes = b"") -> Handler:
    """An endpoint that breaks the connection off with a reset."""

    async def handle(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        await writer.drain()
        linger_none = struct.pack("ii", 1, 0)
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger_none)
        writer.transport.abort()

    return handle


def routes(**paths: Handler) -> Handler:
    """Endpoints by path."""

    async def handle(head: bytes, writer: asyncio.StreamWriter) -> None:
        name = head.split(b" ", 2)[1].partition(b"?")[0].strip(b"/").decode()
        await paths[name](head, writer)

    return handle


@contextlib.asynccontextmanager
async def endpoint(
    handler: Handler, context: ssl.SSLContext | None = None, *, listens: bool = True
) -> AsyncIterator[int]:
    """Serve `handler` on a loopback port, which is given; one that does not listen speaks at once."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await handler(await reader.readuntil(b"\r\n\r\n") if listens else b"", writer)
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()


def closed_port() -> int:
    """A loopback port on which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port
