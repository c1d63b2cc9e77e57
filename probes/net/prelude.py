"""Prelude: a connection before its conversation begins: while a proxy is asked, and while TLS is agreed on."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

LIMIT = 65_536


class Prelude(asyncio.Protocol):
    """Keeps what comes early, at most `LIMIT` bytes, for whoever takes the connection over (`hand_over`)."""

    def __init__(self, now: Callable[[], float]) -> None:
        self.connected_at = 0.0
        self.early = b""
        self.ended = False
        self._error: Exception | None = None
        self._now = now
        self._news = asyncio.Event()
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection stands."""
        self.connected_at = self._now()
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        """Some bytes that nobody waits for yet, or a proxy's answer."""
        self.early += data[: LIMIT - len(self.early)]
        self._news.set()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone."""
        self.ended, self._error = True, exc
        self._news.set()

    def write(self, data: bytes) -> None:
        """Say something to whoever is at the other end by now."""
        if self._transport is not None:
            self._transport.write(data)

    async def until(self, text: bytes) -> bytes | None:
        """Wait until `text` has come, and take everything up to its end; None if the stream ended without it."""
        while text not in self.early:
            if self.ended or len(self.early) >= LIMIT:
                return None
            self._news.clear()
            await self._news.wait()
        taken, _, self.early = self.early.partition(text)
        return taken + text

    def hand_over(self, transport: asyncio.Transport, protocol: asyncio.Protocol) -> None:
        """Let `protocol` go on from here with everything that came early; it must be ready for data."""
        transport.set_protocol(protocol)
        self._transport = None
        if self.early:
            protocol.data_received(self.early)
        if self.ended:
            protocol.connection_lost(self._error)

    def head(self) -> list[tuple[str, str]]:
        """Headers are not told apart here."""
        return []

    def first(self) -> bytes:
        """What came so far."""
        return self.early

    def close(self) -> None:
        """Drop the connection, unless it was handed over."""
        if self._transport is not None:
            self._transport.abort()
            self._transport = None
