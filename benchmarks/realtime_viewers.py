"""Viewers for `benchmarks/realtime.py`: open streams in one process, which note when each tick's frame arrives.

    python benchmarks/realtime_viewers.py PORT TOKEN SECONDS STALLED COUNT:SESSION …

Prints `ready` when all are open, and after `SECONDS` of listening a JSON list of the delays in milliseconds from a
frame's tick to its arrival. `STALLED` further viewers of the first session read nothing at all.
"""

from __future__ import annotations

import asyncio
import json
import re
import sys
import time
from typing import cast

import uvloop

_TS = re.compile(rb'"ts":(\d{13})')


class Viewer(asyncio.Protocol):
    """One open stream. Frames that are sent again from the ring are not counted: listening begins later."""

    listening = False
    since = 0.0
    delays: list[float] = []  # noqa: RUF012 - shared by all, so that a viewer costs little
    opened = 0
    lost = 0

    def __init__(self, request: bytes) -> None:
        self._request = request
        self._begun = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        cast(asyncio.Transport, transport).write(self._request)

    def data_received(self, data: bytes) -> None:
        """Note the delays of the ticks in `data`."""
        if not self._begun:
            self._begun = True
            Viewer.opened += data.startswith(b"HTTP/1.1 200")
        if Viewer.listening:
            now = time.time() * 1000
            for found in _TS.finditer(data):
                ts = int(found[1])
                if ts % 100 == 0 and ts > Viewer.since:
                    Viewer.delays.append(now - ts)

    def connection_lost(self, error: Exception | None) -> None:
        """Count it."""
        Viewer.lost += Viewer.listening


class Stalled(Viewer):
    """Reads nothing: the gateway's writes fill the buffers, and then they wait."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask, and never listen."""
        super().connection_made(transport)
        cast(asyncio.Transport, transport).pause_reading()
        Viewer.opened += 1


def request(session: str, token: str) -> bytes:
    """The request for a session's stream."""
    path = f"/v1/realtime/sessions/{session}/stream"
    return f"GET {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def _open(port: int, kind: type[Viewer], asked: bytes) -> None:
    await asyncio.get_running_loop().create_connection(lambda: kind(asked), "127.0.0.1", port)


async def main(port: int, token: str, seconds: float, stalled: int, groups: list[str]) -> None:
    """Open, listen, report."""
    wanted: list[tuple[type[Viewer], str]] = []
    for group in groups:
        count, _, session = group.partition(":")
        wanted += [(Viewer, session)] * int(count)
    wanted += [(Stalled, groups[0].partition(":")[2])] * stalled
    for start in range(0, len(wanted), 100):
        some = wanted[start : start + 100]
        await asyncio.gather(*(_open(port, kind, request(session, token)) for kind, session in some))
        while Viewer.opened < start + len(some):  # noqa: ASYNC110 - a benchmark's start
            await asyncio.sleep(0.01)
    print("ready", flush=True)
    await asyncio.sleep(2.0)
    Viewer.listening, Viewer.since = True, time.time() * 1000
    await asyncio.sleep(seconds)
    Viewer.listening = False
    print(json.dumps({"delays": Viewer.delays, "lost": Viewer.lost}), flush=True)


if __name__ == "__main__":
    uvloop.run(main(int(sys.argv[1]), sys.argv[2], float(sys.argv[3]), int(sys.argv[4]), sys.argv[5:]))
