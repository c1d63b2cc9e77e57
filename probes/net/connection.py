"""Connection: the TCP connection and the TLS session under a conversation, each timed as its own phase."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar, cast

from probes.faults import Fault, Faulted, connect_fault
from probes.net.engine import Engine, TlsError
from probes.net.session import Session
from probes.net.trace import Trace

T = TypeVar("T")
LONGEST_WAIT_S = 3.0
"""How long an address is waited for at most, where there is another: two tries of TCP's were lost by then."""


class Conversation(Protocol):
    """An asyncio protocol that notes when its connection stood."""

    connected_at: float


async def connect(
    addresses: Sequence[str],
    port: int,
    conversation: Conversation,
    trace: Trace,
    now: Callable[[], float],
    tried: Callable[[str], None],
    timeout_s: float,
) -> asyncio.Transport:
    """Connect `conversation` to the first address that accepts; the phase runs over all that are `tried`.

    All but the last have half of the check's `timeout_s` together: one that swallows everything hides none that
    answers. Raises `Faulted`: of several faults the first that is the endpoint's, so that an address family which this
    machine lacks does not hide a refusal.
    """
    trace.phase = "connect"
    begin = now()
    faults: list[Fault] = []
    loop = asyncio.get_running_loop()
    protocol = cast("asyncio.Protocol", conversation)
    wait_s = min(LONGEST_WAIT_S, timeout_s / 2 / max(1, len(addresses) - 1))
    last = addresses[-1]
    for address in addresses:
        tried(address)
        connecting = loop.create_connection(lambda: protocol, address, port)
        try:
            transport, _ = await (connecting if address == last else _within(wait_s, connecting))
        except OSError as error:
            if isinstance(error, TimeoutError) and error.errno is None:
                faults.append(Fault("timeout_connect", f"{address} port {port}: nothing in {wait_s:g} s"))
            else:
                faults.append(connect_fault(error, address, port))
        else:
            trace.add("connect", conversation.connected_at - begin)
            return transport
    raise Faulted(next((fault for fault in faults if not fault.own), faults[0]))


async def _within(limit_s: float, connecting: Awaitable[T]) -> T:
    async with asyncio.timeout(limit_s):
        return await connecting


async def secure(transport: asyncio.Transport, conversation: Conversation, engine: Engine) -> asyncio.Transport:
    """Put TLS over `transport`, spoken by `engine`; raises `Faulted` with `tls_certificate` or `tls`."""
    session = Session(transport, cast("asyncio.Protocol", conversation), engine)
    try:
        await session.shake_hands()
    except TlsError as error:
        raise Faulted(Fault("tls_certificate" if error.blame == "certificate" else "tls", error.reason)) from error
    except OSError as error:
        reason = error.strerror or str(error) or "the server closed the connection during the handshake"
        raise Faulted(Fault("tls", reason)) from error
    return session


def spoken_protocol(transport: asyncio.Transport) -> str | None:
    """The protocol that both sides agreed on in the handshake (ALPN), if they did."""
    engine = _engine(transport)
    return None if engine is None else engine.protocol


def tls_version(transport: asyncio.Transport) -> str | None:
    """The version of TLS that is spoken, such as TLSv1.3."""
    engine = _engine(transport)
    return None if engine is None else engine.version


def certificate(transport: asyncio.Transport) -> bytes | None:
    """The server's certificate as DER, verified or not."""
    engine = _engine(transport)
    return None if engine is None else engine.certificate


def _engine(transport: asyncio.Transport) -> Engine | None:
    found: Engine | None = transport.get_extra_info("engine")
    return found
