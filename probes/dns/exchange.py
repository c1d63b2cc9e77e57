"""DNS exchange: one question to one server, over UDP or TCP, and the answer that fits it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

from probes.dns.message import Malformed, Reply, question, read_reply
from probes.faults import Fault, Faulted, connect_fault
from probes.net.trace import Trace


class _Datagrams(asyncio.DatagramProtocol):
    """Resolves `answer` with the first datagram that answers the question; strays are passed over.

    The socket is connected, so only the server's own address can be heard.
    """

    def __init__(self, answer: asyncio.Future[tuple[Reply, int]], read: Callable[[bytes], Reply | None]) -> None:
        self._answer = answer
        self._read = read

    def datagram_received(self, data: bytes, addr: object) -> None:
        """A datagram from the server."""
        if self._answer.done():
            return
        try:
            reply = self._read(data)
        except Malformed as error:
            self._answer.set_exception(Faulted(Fault("protocol", f"no DNS answer: {error}")))
            return
        if reply is not None:
            self._answer.set_result((reply, len(data)))

    def error_received(self, exc: Exception) -> None:
        """The network says that the server cannot be reached."""
        if not self._answer.done():
            self._answer.set_exception(exc)


async def ask_udp(
    address: str, port: int, identity: int, name: str, kind: int, trace: Trace, now: Callable[[], float]
) -> tuple[Reply, int]:
    """The server's answer over UDP, and its length; raises `Faulted`."""
    loop = asyncio.get_running_loop()
    answer: asyncio.Future[tuple[Reply, int]] = loop.create_future()
    trace.phase = "ttfb"
    begin = now()
    try:
        transport, _ = await loop.create_datagram_endpoint(
            lambda: _Datagrams(answer, lambda data: read_reply(data, identity, name, kind)),
            remote_addr=(address, port),
        )
        with contextlib.closing(transport):
            transport.sendto(question(identity, name, kind))
            found = await answer
    except OSError as error:
        raise Faulted(connect_fault(error, address, port)) from error
    trace.add("ttfb", now() - begin)
    return found


async def ask_tcp(
    address: str, port: int, identity: int, name: str, kind: int, trace: Trace, now: Callable[[], float]
) -> tuple[Reply, int]:
    """The same over TCP, where a message has its length before it; raises `Faulted`."""
    trace.phase = "connect"
    begin = now()
    try:
        reader, writer = await asyncio.open_connection(address, port)
    except OSError as error:
        raise Faulted(connect_fault(error, address, port)) from error
    trace.add("connect", now() - begin)
    trace.phase = "ttfb"
    begin = now()
    try:
        message = question(identity, name, kind)
        writer.write(len(message).to_bytes(2, "big") + message)
        data = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
    except (OSError, asyncio.IncompleteReadError) as error:
        raise Faulted(Fault("truncated", "the server closed before its whole answer")) from error
    finally:
        writer.transport.abort()
    trace.add("ttfb", now() - begin)
    try:
        reply = read_reply(data, identity, name, kind)
    except Malformed as error:
        raise Faulted(Fault("protocol", f"no DNS answer: {error}")) from error
    if reply is None or reply.truncated:
        raise Faulted(Fault("protocol", "an answer to another question" if reply is None else "cut over TCP too"))
    return reply, len(data)
