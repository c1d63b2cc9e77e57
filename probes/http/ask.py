"""Ask: one request and its answer, on a connection of its own that is closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from probes.assertions import Assertions
from probes.http.exchange import Exchange
from probes.http.redirects import Hop
from probes.net.connection import connect
from probes.visit import Visit, Visitor


async def ask(
    visitor: Visitor, visit: Visit, hop: Hop, request: bytes, assertions: Assertions, *, redirected: bool = False
) -> Exchange:
    """Send `request` to the hop's target; the answer, or a `Faulted` where there is none. Keeps what is asserted."""
    target, trace, now = hop.target, visit.trace, visitor.now
    if target.literal and visitor.unbounded:
        addresses: Sequence[str] = (target.host,)
    else:
        addresses = await visitor.reach.addresses(
            target.host, target.port, literal=target.literal, trace=trace, now=now, redirected=redirected
        )
    plain = target.scheme == "http"
    exchange = visit.seen = Exchange(
        request,
        asyncio.get_running_loop().create_future(),
        trace,
        now,
        at_once=plain,
        head_only=hop.method == "HEAD",
        body_limit=visitor.monitor.body_limit_bytes,
        keeps_body=assertions.need_body,
        keeps_headers=assertions.need_headers,
    )
    try:
        transport = await connect(addresses, target.port, exchange, trace, now, visit.tried)
        if not plain and not exchange.done.done():
            exchange.send(await visitor.secure(transport, exchange, target.host, visit))
        await exchange.done
    finally:
        visit.status = exchange.status
        visit.body_bytes = exchange.body_bytes
        exchange.close()
    return exchange
