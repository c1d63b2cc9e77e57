"""Server-sent events as agents and probes read them (HTML standard, section 9.2)."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import NamedTuple

_MOST_LINE = 1 << 20


class Event(NamedTuple):
    """A server-sent event."""

    kind: str
    data: bytes


async def read_events(lines: AsyncIterator[str]) -> AsyncIterator[Event]:
    """The events in a stream's lines; comments, ids and retry times are passed over."""
    kind, data = "message", ""
    async for line in lines:
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if not line:
            if data:
                yield Event(kind, data.encode())
            kind, data = "message", ""
        elif name == "event":
            kind = value
        elif name == "data" and len(data) + len(value) < _MOST_LINE:
            data = f"{data}\n{value}" if data else value
