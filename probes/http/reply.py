"""Reply: what is known of an answer, in whichever version of HTTP it came."""

from __future__ import annotations

import asyncio
from typing import Protocol

from probes.faults import Fault


class Reply(Protocol):
    """One request's answer, being read or read; `done` is resolved when it has ended, well or with a `fault`."""

    done: asyncio.Future[None]
    fault: Fault | None
    status: int | None
    body_bytes: int

    @property
    def version(self) -> str | None:
        """`1.0`, `1.1` or `2`; None before an answer's head."""
        ...

    def header(self, name: bytes) -> bytes | None:
        """The first header of that name (lower case)."""
        ...

    def head(self) -> list[tuple[str, str]]:
        """The headers, names in lower case."""
        ...

    def body(self) -> bytes:
        """The body as far as it was kept."""
        ...

    def first(self) -> bytes:
        """The body's first piece, or what came instead of an answer's head."""
        ...

    def send(self, transport: asyncio.WriteTransport) -> None:
        """Send the request."""
        ...

    def close(self) -> None:
        """Drop the connection at once."""
        ...
