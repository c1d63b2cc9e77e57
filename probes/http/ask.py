"""Ask: one request and its answer, on a connection of its own that is closed afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, cast

from probes.faults import Fault, Faulted
from probes.http.exchange import Exchange
from probes.http.redirects import Hop
from probes.http.reply import Reply
from probes.http.target import Target
from probes.http.way import DIRECT, Way
from probes.net.connection import connect, spoken_protocol
from probes.net.prelude import Prelude
from probes.visit import Visit, Visitor


class Needing(Protocol):
    """What of an answer must be kept; assertions know."""

    @property
    def need_body(self) -> bool:
        """The body."""
        ...

    @property
    def need_headers(self) -> bool:
        """All headers, and not only the first of a name."""
        ...


@dataclass(frozen=True, slots=True)
class Needs:
    """The same, said outright."""

    need_body: bool = False
    need_headers: bool = False


async def ask(
    visitor: Visitor,
    visit: Visit,
    hop: Hop,
    request: bytes,
    needs: Needing,
    way: Way = DIRECT,
    *,
    redirected: bool = False,
) -> Reply:
    """Send `request` to the hop's target; the answer, or a `Faulted` where there is none. Keeps what is needed.

    `request` is the one of HTTP/1.1; where HTTP/2 is spoken it is made from the hop.
    """
    addresses, port = await _addresses(visitor, visit, hop.target, way, redirected)
    visit.tls_version, within = None, visitor.monitor.timeout_s
    prelude: Prelude | None = None
    reply: Reply | None = None
    try:
        if way.is_plain(hop.target):
            reply = visit.seen = _first_version(visitor, visit, hop, request, needs, at_once=True)
            await connect(addresses, port, cast("Exchange", reply), visit.trace, visitor.now, visit.tried, within)
        else:
            prelude = visit.seen = Prelude(visitor.now)
            transport = await connect(addresses, port, prelude, visit.trace, visitor.now, visit.tried, within)
            transport, second = await _opened(visitor, visit, hop.target, way, prelude, transport)
            make = _second_version if second else _first_version
            reply = visit.seen = make(visitor, visit, hop, request, needs)
            reply.send(transport)
            prelude.hand_over(transport, cast("asyncio.Protocol", reply))
        await reply.done
    finally:
        if reply is not None:
            visit.status, visit.body_bytes, visit.http_version = reply.status, reply.body_bytes, reply.version
            reply.close()
        if prelude is not None:
            prelude.close()
    return reply


async def _addresses(
    visitor: Visitor, visit: Visit, target: Target, way: Way, redirected: bool
) -> tuple[Sequence[str], int]:
    """Where to connect to: the target, or the proxy before it, whose address is then the one that must be allowed."""
    reach, trace, now = visitor.reach, visit.trace, visitor.now
    if way.proxy is not None:
        reach.check_named(target.host, literal=target.literal, redirected=redirected)
        proxy = way.proxy.target
        return await reach.addresses(proxy.host, proxy.port, literal=proxy.literal, trace=trace, now=now), proxy.port
    if target.literal and visitor.unbounded:
        return (target.host,), target.port
    found = await reach.addresses(
        target.host, target.port, literal=target.literal, trace=trace, now=now, redirected=redirected
    )
    return found, target.port


async def _opened(
    visitor: Visitor, visit: Visit, target: Target, way: Way, prelude: Prelude, transport: asyncio.Transport
) -> tuple[asyncio.Transport, bool]:
    """The connection as far as the request may be sent, and whether HTTP/2 is spoken on it."""
    trace, now = visit.trace, visitor.now
    if way.proxy is not None and way.tunnels(target):
        begin = now()
        await way.proxy.open_tunnel(prelude, target)
        trace.add("connect", now() - begin)
    if target.scheme == "http":
        return transport, way.forced
    if prelude.early or prelude.ended:
        said = "spoke" if prelude.early else "closed the connection"
        raise Faulted(Fault("tls", f"the server {said} before the handshake"))
    at = target.host, target.port
    transport = await visitor.secure(transport, prelude, target.host, at, visit, protocols=way.protocols)
    spoken = spoken_protocol(transport)
    if way.forced and spoken != "h2":
        raise Faulted(Fault("protocol", f"the server does not speak HTTP/2 (it chose {spoken or 'nothing'})"))
    return transport, spoken == "h2"


def _first_version(
    visitor: Visitor, visit: Visit, hop: Hop, request: bytes, needs: Needing, *, at_once: bool = False
) -> Reply:
    return Exchange(
        request,
        asyncio.get_running_loop().create_future(),
        visit.trace,
        visitor.now,
        at_once=at_once,
        head_only=hop.method == "HEAD",
        body_limit=visitor.monitor.body_limit_bytes,
        keeps_body=needs.need_body,
        keeps_headers=needs.need_headers,
    )


def _second_version(visitor: Visitor, visit: Visit, hop: Hop, request: bytes, needs: Needing) -> Reply:
    from probes.http2.exchange import SecondExchange
    from probes.http2.headers import request_headers

    return SecondExchange(
        request_headers(hop),
        hop.body,
        asyncio.get_running_loop().create_future(),
        visit.trace,
        visitor.now,
        body_limit=visitor.monitor.body_limit_bytes,
        keeps_body=needs.need_body,
    )
