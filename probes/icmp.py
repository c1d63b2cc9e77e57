"""IcmpCheck: a host that answers echo requests (RFC 792, RFC 4443), where this process may send them."""

from __future__ import annotations

import asyncio
import contextlib
import os
import socket
import struct
from dataclasses import dataclass

from probes.check import Vantage
from probes.faults import Fault, Faulted, connect_fault
from probes.monitors import Monitor
from probes.net.place import parse_place
from probes.visit import Visit, Visitor

_ECHO = {socket.AF_INET: (8, 0), socket.AF_INET6: (128, 129)}
"""Types of request and reply."""


@dataclass(frozen=True, slots=True)
class Ping:
    """An echo request, told from all others by its random payload; the identifier may be changed by the kernel."""

    family: int
    payload: bytes

    def packet(self, sequence: int) -> bytes:
        """The request with that number. For IPv6 the kernel computes the checksum."""
        kind, _ = _ECHO[socket.AddressFamily(self.family)]
        identity = int.from_bytes(self.payload[:2], "big")
        plain = struct.pack("!BBHHH", kind, 0, 0, identity, sequence) + self.payload
        return plain[:2] + struct.pack("!H", checksum(plain)) + plain[4:]

    def answered(self, data: bytes, *, raw: bool) -> int | None:
        """The number of our request that `data` answers, if it does. A raw IPv4 socket gives the IP header too."""
        if raw and self.family == socket.AF_INET:
            data = data[(data[0] & 0x0F) * 4 :] if data else data
        _, kind = _ECHO[socket.AddressFamily(self.family)]
        if len(data) < 8 or data[0] != kind or data[8:] != self.payload:
            return None
        return int.from_bytes(data[6:8], "big")


def checksum(data: bytes) -> int:
    """The Internet checksum (RFC 1071)."""
    total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + b"\0" * (len(data) % 2)))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return int(~total & 0xFFFF)


class IcmpCheck(Visitor):
    """Up with the first reply; `ttfb` is the time from its request.

    Needs no root where ping sockets are allowed (`net.ipv4.ping_group_range`), else CAP_NET_RAW; without either the
    result is `probe_error`.
    """

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        self._place = parse_place("icmp", monitor.url)

    async def look(self, visit: Visit) -> Fault | None:
        """Send requests, evenly over the first half of the timeout, until one is answered."""
        place, trace = self._place, visit.trace
        found = await self.reach.addresses(place.host, 0, literal=place.literal, trace=trace, now=self.now)
        address = found[0]
        visit.tried(address)
        ping = Ping(socket.AF_INET6 if ":" in address else socket.AF_INET, os.urandom(32))
        sock, raw = open_socket(ping.family)
        with sock:
            trace.phase = "connect"
            try:
                sock.connect((address, 0))
                trace.phase = "ttfb"
                return await self._answered(sock, ping, raw, visit)
            except OSError as error:
                raise Faulted(connect_fault(error, address, 0)) from error

    async def _answered(self, sock: socket.socket, ping: Ping, raw: bool, visit: Visit) -> Fault | None:
        packets = self.monitor.packets
        pause_s = self.monitor.timeout_s / 2 / packets
        begin = self.now()
        sent: dict[int, float] = {}
        for number in range(1, packets + 1):
            sent[number] = self.now()
            sock.send(ping.packet(number))
            # the check's own timeout ends the last wait
            wait_s = begin + pause_s * number - self.now() if number < packets else None
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait_s):
                    sent_at = await self._reply(sock, ping, raw, sent)
                    visit.trace.add("ttfb", self.now() - sent_at)
                    return None
        raise AssertionError("the last wait has no end of its own")

    @staticmethod
    async def _reply(sock: socket.socket, ping: Ping, raw: bool, sent: dict[int, float]) -> float:
        """Wait for a reply; when its request was sent."""
        loop = asyncio.get_running_loop()
        while True:
            number = ping.answered(await loop.sock_recv(sock, 2048), raw=raw)
            if number in sent:
                return sent[number]


def open_socket(family: int) -> tuple[socket.socket, bool]:
    """A non-blocking socket for echo requests, and whether it is a raw one; raises `Faulted` where none is allowed."""
    protocol = socket.IPPROTO_ICMP if family == socket.AF_INET else socket.IPPROTO_ICMPV6
    reason = ""
    for kind in (socket.SOCK_DGRAM, socket.SOCK_RAW):
        try:
            sock = socket.socket(family, kind | socket.SOCK_NONBLOCK, protocol)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            return sock, kind == socket.SOCK_RAW
    detail = f"no socket for ICMP ({reason}); allow net.ipv4.ping_group_range or CAP_NET_RAW"
    raise Faulted(Fault("not_permitted", detail, own=True))
