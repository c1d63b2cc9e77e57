"""The gateway's HTTP protocol: uvicorn's, but an answer's head and body leave in one piece."""

from __future__ import annotations

import asyncio
import socket
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MUCH = 64 << 10
_HELD_BY_KERNEL = 64 << 10
DIRECT = "vedette.connection"
"""Under this name a request's scope holds the `GatewayProtocol` that it came by."""


class Gathering:
    """A transport that sends what was written in one turn of the event loop together; all else is the wrapped one's.

    A send costs more than reading a report, and uvicorn sends heads alone.
    """

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._waiting: list[bytes] = []
        self._size = 0
        self._loop = asyncio.get_running_loop()

    def write(self, data: bytes) -> None:
        """Send `data` before the loop's next turn; at once if much waits, so that a slow reader is noticed."""
        if not self._waiting:
            self._loop.call_soon(self.flush)
        self._waiting.append(data)
        self._size += len(data)
        if self._size > _MUCH:
            self.flush()

    def send(self, data: bytes) -> None:
        """Send `data` without waiting for more, behind what waits."""
        self.flush()
        self._transport.write(data)

    def abort(self) -> None:
        """Close now; what waits is lost."""
        self._waiting, self._size = [], 0
        self._transport.abort()

    def close(self) -> None:
        """Close after what was written has been sent."""
        self.flush()
        self._transport.close()

    def flush(self) -> None:
        """Send what waits."""
        if self._waiting:
            waiting, self._waiting, self._size = self._waiting, [], 0
            self._transport.write(waiting[0] if len(waiting) == 1 else b"".join(waiting))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


class GatewayProtocol(HttpToolsProtocol):
    """uvicorn's protocol over a gathering transport."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn has it
        """Wrap the transport."""
        self._gathering = Gathering(transport)
        super().connection_made(self._gathering)  # type: ignore[arg-type] # it has all that is used of one

    def on_message_begin(self) -> None:
        """Let the application find this connection in the request's scope."""
        super().on_message_begin()
        cast(dict[str, Any], self.scope)[DIRECT] = self

    def narrow(self) -> None:
        """Let the kernel hold little of what this client has not taken, so that one that takes nothing is noticed
        soon: by itself it would hold megabytes, minutes of a stream."""
        sock = self.transport.get_extra_info("socket")
        if sock is not None and sock.family in {socket.AF_INET, socket.AF_INET6}:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _HELD_BY_KERNEL)

    def push(self, data: bytes, chunk: bytes) -> bool:
        """Send a part of the body that is being answered with, as a `chunk` if the body is in chunks; False if the
        client does not take what was sent before. What `send` of the application awaits is not undercut by it."""
        cycle = self.cycle
        if self.flow.write_paused or cycle is None or cycle.response_complete or cycle.disconnected:
            return False
        self._gathering.send(chunk if cycle.chunked_encoding else data)
        return True

    def abort(self) -> None:
        """Let the client go, who takes nothing."""
        self._gathering.abort()

    def eof_received(self) -> None:
        """The client sends no more: the transport closes now, and knows only of what it was given."""
        self._gathering.flush()
        super().eof_received()
