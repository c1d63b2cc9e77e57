"""Hosts for `benchmarks/realtime.py`: agents' control streams and streamers, as many as are asked for, in one process.

    python benchmarks/realtime_hosts.py URL TOKEN COUNT

Each follows its own control stream and publishes by the agent's own code. Fifty machines have fifty processors, these
hosts share one: so what they publish was collected once, and leaves over a bare connection in place of an HTTP client.
"""

from __future__ import annotations

import asyncio
import random
import sys
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import httpx
import uvloop

sys.path.insert(0, str(Path(__file__).parents[1]))

from agent.collectors import Group
from agent.fleet.control import OrderFollower
from agent.realtime.sources import RealtimeSources, Taken
from agent.realtime.streamer import Streamer
from vedette.clock import SystemClock
from vedette.events.fleet import Order, RealtimeEnd, RealtimeOrder
from vedette.telemetry import configure_logs


class Collected:
    """The same reading at every tick."""

    def __init__(self, taken: Taken) -> None:
        self._taken = taken

    async def take(self, wanted: frozenset[str], *, everything: bool) -> Taken:
        """The reading."""
        return self._taken

    def close(self) -> None:
        """Nothing is open."""


class Bare:
    """As much of an HTTP client as the streamer uses, over one connection that is kept."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self._streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(
        self,
        path: str,
        *,
        content: bytes,
        headers: dict[str, str],
        timeout: float,  # noqa: ASYNC109 - httpx' own
    ) -> httpx.Response:
        """Send the request, and read the answer's head; what may follow it belongs to an error."""
        if self._streams is None:
            self._streams = await asyncio.open_connection(self._host, self._port)
        reader, writer = self._streams
        lines = [f"POST {path} HTTP/1.1", "Host: x", f"Content-Length: {len(content)}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        writer.write("\r\n".join([*lines, "", ""]).encode() + content)
        status = int((await reader.readuntil(b"\r\n\r\n"))[9:12])
        if status != httpx.codes.NO_CONTENT:
            writer.close()
            self._streams = None
        return httpx.Response(status)


async def main(url: str, token: str, count: int) -> None:
    """Run all hosts until the process is ended."""
    clock = SystemClock()
    real = RealtimeSources(Path("/"), clock, off=frozenset, arguments=lambda: False)
    await real.take(frozenset(), everything=True)
    await asyncio.sleep(0.5)
    collected = Collected(await real.take(frozenset(), everything=True))
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=None)
    client = httpx.AsyncClient(
        base_url=url, headers={"Authorization": f"Bearer {token}"}, limits=limits, trust_env=False
    )
    work, where = [], urlsplit(url)
    followed = 0

    def heard() -> None:
        nonlocal followed
        followed += 1
        if followed == count:
            print("ready", flush=True)

    for number in range(count):
        bare = cast(httpx.AsyncClient, Bare(where.hostname or "", where.port or 80))
        streamer = Streamer(bare, clock, lambda: collected, latest=lambda name: Group({}), allowed=lambda: True)

        def ordered(order: Order, streamer: Streamer = streamer) -> None:
            if isinstance(order, RealtimeOrder | RealtimeEnd):
                streamer.ordered(order)

        follower = OrderFollower(
            client, f"host-{number}", clock, random.Random(number), ordered=ordered, followed=heard
        )
        work += [follower.run(), streamer.run()]
    await asyncio.gather(*work)


if __name__ == "__main__":
    configure_logs("error", "console")
    uvloop.run(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
