"""TlsCheck: a TLS server's handshake: chain, name, and days left of its certificate."""

from __future__ import annotations

import asyncio

from probes.check import Vantage
from probes.faults import Fault
from probes.monitors import Monitor
from probes.net.connection import connect
from probes.net.place import parse_place
from probes.net.stream import Stream
from probes.visit import Visit, Visitor

HTTPS = 443


class TlsCheck(Visitor):
    """Chain and name are verified unless `verify_tls` is off; nothing is sent once the session stands."""

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        self._place = parse_place("tls", monitor.url, HTTPS)
        self._name = monitor.server_name or self._place.host

    async def look(self, visit: Visit) -> Fault | None:
        """Connect and shake hands."""
        place, trace = self._place, visit.trace
        found = await self.reach.addresses(place.host, place.port, literal=place.literal, trace=trace, now=self.now)
        stream = visit.seen = Stream(trace, self.now, 4096)
        try:
            transport = await connect(found, place.port, stream, trace, self.now, visit.tried, self.monitor.timeout_s)
            if stream.data or stream.ended:
                said = "spoke" if stream.data else "closed the connection"
                return Fault("tls", f"the server {said} before the handshake")
            await self.secure(transport, stream, self._name, (place.host, place.port), visit)
            await asyncio.sleep(0)  # the last word of the handshake is on its way: the server shall see a whole one
        finally:
            stream.close()
        return None
