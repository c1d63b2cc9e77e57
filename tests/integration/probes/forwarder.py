"""A small HTTP proxy on loopback: CONNECT and whole URLs, with a password, and ways to misbehave."""

from __future__ import annotations

import asyncio
import contextlib
from base64 import b64encode
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

CREDENTIALS = b64encode(b"probe:hunter2").decode()


class Forwarder:
    """Remembers the request lines it was sent; `names` are those that it resolves, all others it cannot reach."""

    def __init__(self, *, wants: str | None = None, **names: int) -> None:
        self.lines: list[str] = []
        self._wants = wants
        self._names = names

    async def __call__(self, head: bytes, writer: asyncio.StreamWriter) -> None:
        line, *headers = head.decode().rstrip().split("\r\n")
        self.lines.append(line)
        named = dict(header.split(": ", 1) for header in headers)
        if self._wants is not None and named.get("Proxy-Authorization") != f"Basic {self._wants}":
            writer.write(b"HTTP/1.1 407 Who are you\r\nProxy-Authenticate: Basic\r\nContent-Length: 0\r\n\r\n")
            return
        method, target, _ = line.split(" ")
        parts = urlsplit(target if method != "CONNECT" else f"//{target}")
        port = self._names.get((parts.hostname or "").partition(".")[0], parts.port or 80)
        if parts.hostname == "unreachable.example":
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n")
            return
        reader, onward = await asyncio.open_connection("127.0.0.1", port)
        if method == "CONNECT":
            writer.write(b"HTTP/1.1 200 Connection established\r\nVia: 1.1 forwarder\r\n\r\n")
        else:
            kept = [header for header in headers if not header.startswith("Proxy-")]
            path = f"{parts.path}?{parts.query}" if parts.query else parts.path
            onward.write("\r\n".join((f"{method} {path} HTTP/1.1", *kept, "", "")).encode())
        try:
            await self._both_ways(reader, onward, writer)
        finally:
            onward.transport.abort()

    async def _both_ways(
        self, reader: asyncio.StreamReader, onward: asyncio.StreamWriter, writer: asyncio.StreamWriter
    ) -> None:
        async def pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
            with contextlib.suppress(OSError):
                while data := await source.read(65_536):
                    sink.write(data)
                    await sink.drain()
                sink.write_eof()

        back: asyncio.StreamReader = writer.reader  # type: ignore[attr-defined] # set by `proxying`
        await asyncio.gather(pump(reader, writer), pump(back, onward))


@contextlib.asynccontextmanager
async def proxying(forwarder: Forwarder) -> AsyncIterator[str]:
    """Run a proxy; its URL."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        writer.reader = reader  # type: ignore[attr-defined]
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await forwarder(await reader.readuntil(b"\r\n\r\n"), writer)
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
