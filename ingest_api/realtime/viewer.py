"""One viewer of a realtime session: what waits for it, and what it has missed because it was slow."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple, Protocol

from ingest_api.stream.events import frame
from vedette.telemetry import metrics

MOST_WAITING = 4
"""Pieces that wait for one viewer; of more the oldest go, for these are values of the moment."""

SchemaKey = tuple[str, str]
"""A source and a group."""


class Piece(NamedTuple):
    """Bytes for all viewers of a session: how many frames they hold, and the schemas that they bring."""

    data: bytes
    chunk: bytes
    frames: int
    schemas: Mapping[SchemaKey, bytes]


def piece(data: bytes, frames: int = 0, schemas: Mapping[SchemaKey, bytes] | None = None) -> Piece:
    """A piece; the form in which HTTP/1.1 sends it (RFC 9112, section 7.1) is made once for all viewers too."""
    return Piece(data, b"%x\r\n%b\r\n" % (len(data), data), frames, schemas or {})


class Direct(Protocol):
    """The connection of a viewer, where the server lets us at it: a viewer then costs one write, and no task's turn."""

    def narrow(self) -> None:
        """Notice soon when the client takes nothing."""
        ...

    def push(self, data: bytes, chunk: bytes) -> bool:
        """Send now, in either form; False if the client has not taken what was sent before."""
        ...

    def abort(self) -> None:
        """Close without waiting for the client to take anything."""
        ...


class Viewer:
    """Fed by its session's feed, emptied by its response. `good` says whether it still may look on."""

    __slots__ = (
        "_lost_schemas",
        "_queue",
        "_task",
        "_waiter",
        "blocked_since",
        "direct",
        "good",
        "is_stuck",
        "missed",
        "next_tick",
        "over",
    )

    def __init__(self, good: Callable[[], Awaitable[bool]], task: asyncio.Task[object] | None = None) -> None:
        self.good = good
        self._task = task
        self.is_stuck = False
        self.direct: Direct | None = None
        self.over = False
        self.missed = 0
        self.blocked_since: float | None = None
        self.next_tick = 0.0
        self._queue: deque[Piece] = deque()
        self._lost_schemas: dict[SchemaKey, bytes] = {}
        self._waiter: asyncio.Future[None] | None = None

    def put(self, piece: Piece) -> None:
        """Queue a piece; what a slow viewer loses is counted, and the schemas in it are kept for it."""
        if self.over:
            return
        undercuts = bool(self._queue) or self.blocked_since is not None or self.missed > 0
        if self.direct is not None and not undercuts and self.direct.push(piece.data, piece.chunk):
            return
        if len(self._queue) >= MOST_WAITING:
            lost = self._queue.popleft()
            self.missed += lost.frames
            self._lost_schemas.update(lost.schemas)
        self._queue.append(piece)
        self._wake()

    def end(self) -> None:
        """Nothing more comes; what waits is still sent."""
        self.over = True
        self._wake()

    def drop(self) -> None:
        """Nothing more comes, and nothing that waits is sent."""
        self._queue.clear()
        self.end()

    def stuck(self) -> None:
        """Let it go: its connection takes nothing, so that the end could not be told either."""
        self.is_stuck = True
        self.drop()
        if self.direct is not None:
            self.direct.abort()
        if self._task is not None:
            self._task.cancel()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    async def take(self) -> bytes | None:
        """Everything that waits, as soon as there is something; None at the end.

        After a loss, a `hole` says how many frames were left out, and the schemas in them come first.
        """
        while not self._queue:
            if self.over:
                return None
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter
        if len(self._queue) == 1 and not self.missed:
            return self._queue.popleft().data
        parts = [piece.data for piece in self._queue]
        self._queue.clear()
        if self.missed or self._lost_schemas:
            hole = frame("hole", b'{"frames":%d}' % self.missed)
            parts = [hole, *self._lost_schemas.values(), *parts]
            metrics().count("vedette_realtime_missed_total", self.missed)
            self.missed, self._lost_schemas = 0, {}
        return b"".join(parts)
