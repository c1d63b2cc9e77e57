"""DnsCheck: a name whose records must exist, and perhaps be the expected ones."""

from __future__ import annotations

import asyncio
import ipaddress
import secrets

from probes.check import Vantage
from probes.dns.exchange import ask_tcp, ask_udp
from probes.dns.message import CODES, TYPES, Reply, plain
from probes.faults import Fault, Faulted
from probes.monitors import Monitor
from probes.net.place import parse_place
from probes.net.resolver import RESOLV_CONF, nameservers
from probes.visit import Visit, Visitor
from vedette.errors import InvalidInput
from vedette.monitors.dns import split_resolver


class DnsCheck(Visitor):
    """Asks once, without any cache and without a second try; `ttfb` is the time to the answer.

    `status` is the answer's code (0: no error), `bytes` its length.
    """

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        super().__init__(monitor, vantage)
        self._name = parse_place("dns", monitor.url).host
        kind = TYPES.get(monitor.record_type)
        if kind is None:
            raise InvalidInput("record_type", monitor.record_type, "one of " + ", ".join(sorted(TYPES)))
        self._kind = kind
        self._expected = [normal(monitor.record_type, text) for text in monitor.expected_answers]
        self._resolver: tuple[str, int] | None = None
        if monitor.resolver is not None:
            try:
                self._resolver = split_resolver(monitor.resolver)
            except ValueError as error:
                raise InvalidInput("resolver", monitor.resolver, str(error)) from error

    async def look(self, visit: Visit) -> Fault | None:
        """Ask, and compare the answers."""
        address, port = self._resolver or await self._own_resolver()
        if self._resolver is not None:
            self.reach.check(address)
        visit.tried(address)
        identity = secrets.randbelow(1 << 16)
        asked = (address, port, identity, self._name, self._kind)
        reply, size = await ask_udp(*asked, visit.trace, self.now)
        if reply.truncated:
            reply, size = await ask_tcp(*asked, visit.trace, self.now)
        visit.status, visit.body_bytes = reply.code, size
        return self._judged(reply, visit)

    def _judged(self, reply: Reply, visit: Visit) -> Fault | None:
        kind = self.monitor.record_type
        if reply.code:
            return Fault("answer", f"{self._name} {kind}: {CODES.get(reply.code, f'code {reply.code}')}")
        answers = [normal(kind, text) for text in reply.values(self._name, self._kind)]
        visit.notes = [("answers", "\n".join(answers[:20]))]
        if not answers:
            return Fault("answer", f"{self._name} has no {kind} record")
        missing = [text for text in self._expected if text not in answers]
        if missing:
            return Fault("answer", f"{self._name} {kind}: {missing[0][:60]!r} is not among {_few(answers)}")
        others = [text for text in answers if text not in self._expected]
        if self.monitor.exact_answers and self._expected and others:
            return Fault("answer", f"{self._name} {kind}: {others[0][:60]!r} is not expected")
        return None

    @staticmethod
    async def _own_resolver() -> tuple[str, int]:
        """The first name server of this machine."""
        servers = await asyncio.to_thread(nameservers, RESOLV_CONF)
        if not servers:
            raise Faulted(Fault("dns", f"{RESOLV_CONF} names no name server", own=True))
        return servers[0], 53


def normal(kind: str, text: str) -> str:
    """An answer as it is compared: addresses in their one spelling, names without case and final dot, no quotes."""
    if kind in {"A", "AAAA"}:
        try:
            return str(ipaddress.ip_address(text.strip()))
        except ValueError:
            return text
    if kind == "TXT":
        return text
    if kind == "CAA":
        text = text.replace('"', " ")
    return " ".join(plain(word) for word in text.split())


def _few(answers: list[str]) -> str:
    shown = ", ".join(text[:40] for text in answers[:3])
    return shown if len(answers) <= 3 else f"{shown} and {len(answers) - 3} more"
