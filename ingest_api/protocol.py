"""The gateway's HTTP protocol: uvicorn's, but an answer's head and body leave in one piece."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

_MUCH = 64 << 10


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

    def eof_received(self) -> None:
        """The client sends no more: the transport closes now, and knows only of what it was given."""
        self._gathering.flush()
        super().eof_received()
