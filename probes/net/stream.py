"""Stream: the first bytes that come over a connection, as an asyncio protocol."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from probes.net.trace import Trace


class Stream(asyncio.Protocol):
    """Keeps at most `limit` bytes; `ended` when the other side has closed, or more than that came.

    The time to the first byte runs from `await_answer`.
    """

    def __init__(self, trace: Trace, now: Callable[[], float], limit: int) -> None:
        self.connected_at = 0.0
        self.data = b""
        self.ended = False
        self.error: Exception | None = None
        self._trace = trace
        self._now = now
        self._limit = limit
        self._asked_at: float | None = None
        self._first_at = 0.0
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection, or the TLS session over it, stands."""
        self.connected_at = self.connected_at or self._now()
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes of the answer."""
        if self._trace.phase == "ttfb" and self._asked_at is not None:
            self._begin_transfer(self._asked_at)
        self.data += data[: self._limit - len(self.data)]
        if len(self.data) >= self._limit:
            self.ended = True
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.ended, self.error = True, exc
        self._news.set()

    def await_answer(self) -> None:
        """The answer's time runs from now. What came before (a greeting right after the connection) took none."""
        self._trace.phase = "ttfb"
        self._asked_at = self._now()
        if self.data:
            self._begin_transfer(self._asked_at)

    async def until(self, text: bytes) -> bool:
        """Wait until `text` has come; False if the stream ended without it."""
        while text not in self.data:
            if self.ended:
                return False
            self._news.clear()
            await self._news.wait()
        self._trace.add("transfer", self._now() - self._first_at)
        return True

    def _begin_transfer(self, asked_at: float) -> None:
        self._first_at = self._now()
        self._trace.add("ttfb", self._first_at - asked_at)
        self._trace.phase = "transfer"

    def head(self) -> list[tuple[str, str]]:
        """A stream has no headers."""
        return []

    def first(self) -> bytes:
        """The first bytes."""
        return self.data

    def close(self) -> None:
        """Drop the connection at once."""
        if self._transport is not None:
            self._transport.abort()
