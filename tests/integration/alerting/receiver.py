"""A webhook receiver on loopback that answers as it is told and remembers what it got."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import msgspec


@dataclass(frozen=True)
class Received:
    """One request, whole."""

    path: str
    headers: dict[str, str]
    content: bytes

    @property
    def body(self) -> dict[str, Any]:
        return msgspec.json.decode(self.content)

    @property
    def key(self) -> str:
        return self.headers.get("idempotency-key", "")


Answer = bytes | None
"""Raw bytes of an answer; None: never answer."""


def answer(status: int, text: bytes = b"", **headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status} Word", f"Content-Length: {len(text)}", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + text


OK = answer(200, b"thanks")


@dataclass
class Receiver:
    """`rule` gives the answer to each request; `most_at_once` counts requests of one key that overlapped."""

    rule: Callable[[Received], Answer] = lambda request: OK
    url: str = ""
    got: list[Received] = field(default_factory=list)
    open: dict[str, int] = field(default_factory=dict)
    most_at_once: int = 0
    came: asyncio.Event = field(default_factory=asyncio.Event)
    release: asyncio.Event = field(default_factory=asyncio.Event)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            request = await self._read(reader)
            self.open[request.key] = self.open.get(request.key, 0) + 1
            self.most_at_once = max(self.most_at_once, self.open[request.key])
            self.got.append(request)
            self.came.set()
            found = self.rule(request)
            if found is None:
                # Until the client hangs up: what it reads after that is the end.
                await asyncio.wait(
                    [asyncio.ensure_future(reader.read()), asyncio.ensure_future(self.release.wait())],
                    return_when=asyncio.FIRST_COMPLETED,
                )
            else:
                writer.write(found)
                await writer.drain()
            self.open[request.key] -= 1
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @staticmethod
    async def _read(reader: asyncio.StreamReader) -> Received:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
        first, *lines = head.strip().split("\r\n")
        headers = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
        content = await reader.readexactly(int(headers["content-length"]))
        return Received(first.split()[1], headers, content)


@asynccontextmanager
async def receiving(
    rule: Callable[[Received], Answer] = lambda request: OK, port: int = 0, tls: ssl.SSLContext | None = None
) -> AsyncIterator[Receiver]:
    """A receiver that listens while the block runs, on a free port if none is named."""
    receiver = Receiver(rule)
    server = await asyncio.start_server(receiver.serve, "127.0.0.1", port, ssl=tls)
    receiver.url = f"http{'' if tls is None else 's'}://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
    try:
        yield receiver
    finally:
        receiver.release.set()
        server.close()
        await server.wait_closed()
