"""The endpoints of the failure benchmark: healthy until told to fail, and they remember when each first did."""

from __future__ import annotations

import asyncio
import time

WELL = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"
FAILING = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\nConnection: close\r\n\r\nsorry"


class Site:
    """Any number of endpoints by path on one port of loopback.

    `first` holds for each path the wall-clock time (s) of its first answer since `turn`; `hits` counts all answers.
    """

    def __init__(self) -> None:
        self.failing = False
        self.first: dict[str, float] = {}
        self.hits: dict[str, int] = {}
        self.port = 0

    async def listen(self) -> None:
        """Serve from now on."""
        server = await asyncio.get_running_loop().create_server(lambda: _Visit(self), "127.0.0.1", 0, backlog=4096)
        self.port = server.sockets[0].getsockname()[1]

    def turn(self, *, failing: bool) -> None:
        """Begin to fail, or to be well again."""
        self.failing = failing
        self.first = {}

    def answer(self, path: str) -> bytes:
        """What the endpoint says now."""
        self.hits[path] = self.hits.get(path, 0) + 1
        self.first.setdefault(path, time.time())
        return FAILING if self.failing else WELL


class _Visit(asyncio.Protocol):
    def __init__(self, site: Site) -> None:
        self._site = site

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        path = data.split(b" ", 2)[1].decode()
        self._transport.write(self._site.answer(path))  # type: ignore[attr-defined]
        self._transport.close()
