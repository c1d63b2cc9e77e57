"""A name server on loopback that answers as told, truly or not."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import struct
from collections.abc import AsyncIterator, Callable

from probes.dns.message import TYPES

Answering = Callable[[bytes], list[bytes]]
"""The datagrams with which a question is answered."""


def encoded(name: str) -> bytes:
    """A name as labels."""
    return b"".join(bytes([len(label)]) + label.encode() for label in name.split(".") if label) + b"\0"


def record(owner: str, kind: str, value: str, ttl_s: int = 60) -> bytes:
    """A record of the answer section."""
    if kind in {"A", "AAAA"}:
        data = ipaddress.ip_address(value).packed
    elif kind == "TXT":
        data = b"".join(bytes([len(part)]) + part for part in (value.encode()[:3], value.encode()[3:]))
    elif kind == "MX":
        preference, _, name = value.partition(" ")
        data = int(preference).to_bytes(2, "big") + encoded(name)
    elif kind == "SRV":
        *numbers, name = value.split()
        data = struct.pack("!HHH", *map(int, numbers)) + encoded(name)
    elif kind == "SOA":
        master, mailbox, *numbers = value.split()
        data = encoded(master) + encoded(mailbox) + struct.pack("!5I", *map(int, numbers))
    elif kind == "CAA":
        flags, tag, text = value.split(maxsplit=2)
        data = bytes([int(flags), len(tag)]) + tag.encode() + text.encode()
    else:
        data = encoded(value)
    return encoded(owner) + struct.pack("!HHIH", TYPES[kind], 1, ttl_s, len(data)) + data


def reply(asked: bytes, *records: bytes, code: int = 0, cut: bool = False, identity: int | None = None) -> bytes:
    """An answer to the question `asked`."""
    found = int.from_bytes(asked[:2], "big") if identity is None else identity
    flags = 0x8180 | code | (0x0200 if cut else 0)
    return struct.pack("!6H", found, flags, 1, len(records), 0, 0) + asked[12:] + b"".join(records)


def telling(*records: bytes, code: int = 0) -> Answering:
    """A server with these records for every question."""
    return lambda asked: [reply(asked, *records, code=code)]


class _Server(asyncio.DatagramProtocol):
    def __init__(self, answering: Answering) -> None:
        self._answering = answering
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment] # uvloop's only looks like one

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        assert self._transport is not None
        for datagram in self._answering(data):
            self._transport.sendto(datagram, addr)


@contextlib.asynccontextmanager
async def nameserver(over_udp: Answering, over_tcp: Answering | None = None) -> AsyncIterator[str]:
    """Serve on one port over UDP and TCP; its address:port."""
    pending: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        pending.add(writer)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            asked = await reader.readexactly(int.from_bytes(await reader.readexactly(2), "big"))
            for answer in (over_tcp or over_udp)(asked):
                writer.write(len(answer).to_bytes(2, "big") + answer)
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(lambda: _Server(over_udp), local_addr=("127.0.0.1", port))
    try:
        yield f"127.0.0.1:{port}"
    finally:
        transport.close()
        server.close()
        for writer in pending:
            writer.transport.abort()
        await server.wait_closed()
