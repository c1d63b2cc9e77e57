"""TcpCheck: a TCP port that must accept, and perhaps answer with an expected text."""

from __future__ import annotations

from collections.abc import Sequence

from probes.check import Vantage
from probes.faults import Fault
from probes.monitors import Monitor
from probes.net.connection import connect
from probes.net.place import parse_place
from probes.net.stream import Stream
from probes.visit import Visit, Visitor

ANSWER_LIMIT = 65_536
"""Bytes of the answer in which the expected text is looked for; more are not read."""


class TcpCheck(Visitor):
    """`ttfb` runs from the request (or the connection, where nothing is sent) to the first byte of the answer."""

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        self._place = parse_place("tcp", monitor.url)
        self._send = (monitor.send or "").encode()
        self._expect = (monitor.expect or "").encode()

    def secrets(self) -> Sequence[str]:
        """What is sent may hold a password."""
        return () if self.monitor.send is None else (self.monitor.send, *self.monitor.send.split())

    async def look(self, visit: Visit) -> Fault | None:
        """Connect, send, and wait for what is expected."""
        place, trace = self._place, visit.trace
        found = await self.reach.addresses(place.host, place.port, literal=place.literal, trace=trace, now=self.now)
        stream = visit.seen = Stream(trace, self.now, ANSWER_LIMIT)
        try:
            transport = await connect(found, place.port, stream, trace, self.now, visit.tried, self.monitor.timeout_s)
            if self._send:
                transport.write(self._send)
            return await self._answered(stream) if self._expect else None
        finally:
            visit.body_bytes = len(stream.data)
            stream.close()

    async def _answered(self, stream: Stream) -> Fault | None:
        stream.await_answer()
        if not await stream.until(self._expect):
            shown = (self.monitor.expect or "")[:60]
            if stream.error is not None or not stream.data:
                why = f" ({stream.error})" if stream.error else ""
                return Fault("truncated", f"closed after {len(stream.data)} bytes without {shown!r}{why}")
            return Fault("answer", f"no {shown!r} in {len(stream.data)} bytes")
        return None
