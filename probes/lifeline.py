"""Lifeline: whether this probe itself has a network, asked before a network's failure is blamed on an endpoint."""

from __future__ import annotations

import asyncio
import ipaddress
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import lru_cache
from urllib.parse import urlsplit

from probes.faults import FaultKind
from vedette.addresses import is_public
from vedette.clock import Clock
from vedette.errors import ConfigurationError
from vedette.telemetry import get_logger

Reference = tuple[str, int]

UNCERTAIN: frozenset[FaultKind] = frozenset(
    {"dns", "connect", "timeout_dns", "timeout_connect", "timeout_tls", "timeout_ttfb", "timeout_transfer"}
)
"""Faults that look the same whether the endpoint or our own network is away."""

FRESH_S = 2.0
"""How long an answer to "have we a network?" holds, and how long a reference may take to give one."""

LEARN_S = 60.0
DNS_PORT = 53


async def answers(host: str, port: int) -> bool:
    """Whether something at `host` reacts to a connection; a refusal is a reaction. Takes at most `FRESH_S`."""
    try:
        async with asyncio.timeout(FRESH_S):
            _, writer = await asyncio.open_connection(host, port)
    except ConnectionRefusedError:
        return True
    except (OSError, UnicodeError):  # TimeoutError is one
        return False
    writer.transport.abort()
    return True


class Lifeline:
    """Knows that the network is there from any check of a public address that succeeded, else asks references.

    A reference counts only once it has answered: one that a firewall hides from here would else turn every outage
    into a fault of ours. While fewer than `least` have, nothing is doubted: one that nobody named, and that is gone,
    may be what has failed.
    """

    def __init__(
        self,
        references: Sequence[Reference] = (),
        now: Callable[[], float] = time.monotonic,
        *,
        least: int = 1,
        answers: Callable[[str, int], Awaitable[bool]] = answers,
    ) -> None:
        self._least = least
        self._references = references
        self.watches = bool(references)
        self._now = now
        self._answers = answers
        self._known: set[Reference] = set()
        self._heard_at = float("-inf")
        self._asked_at = float("-inf")
        self._online = True
        self._asking = asyncio.Lock()

    def heard(self, address: str | None) -> None:
        """A check of `address` has just succeeded."""
        if address is not None and _public(address):
            self._heard_at = self._now()

    async def holds(self, kind: FaultKind, address: str | None, since: float) -> bool:
        """Whether a fault of that kind, in a check that began at `since` (monotonic), may be told of the endpoint.

        False: this probe is offline. Many that ask at once share one round of questions.
        """
        if kind not in UNCERTAIN or not self._references or (address is not None and _loopback(address)):
            return True
        if self._heard_at >= since:
            return True
        async with self._asking:
            if self._now() - self._asked_at > FRESH_S:
                await self.ask()
            return self._online

    async def run(self, clock: Clock) -> None:
        """Ask at the start and every `LEARN_S`, so that it is known which references answer; ends by cancellation."""
        while True:
            await self.ask()
            await clock.sleep_until(clock.monotonic() + LEARN_S)

    async def ask(self) -> None:
        """Ask all references now."""
        found = await asyncio.gather(*(self._answers(*reference) for reference in self._references))
        answered = {reference for reference, ok in zip(self._references, found, strict=True) if ok}
        self._asked_at = self._now()
        online = bool(answered) or len(self._known) < self._least
        if online != self._online:
            get_logger("probe").warning("network_back" if online else "network_lost", references=len(self._known))
        self._online = online
        self._known |= answered


def parse_references(text: str) -> list[Reference]:
    """`host:port,host:port`; `ConfigurationError` for anything else."""
    found: list[Reference] = []
    for part in (piece.strip() for piece in text.split(",")):
        try:
            parts = urlsplit(f"//{part}")
            host, port = parts.hostname, parts.port
        except ValueError:
            host, port = None, None
        if not host or not port or parts.path or parts.username:
            raise ConfigurationError("VEDETTE_REFERENCES", part, "host:port, several separated by commas")
        found.append((host, port))
    return found


def usual_references(gateway_url: str, name_servers: Iterable[str]) -> list[Reference]:
    """Where nothing is configured: the gateway and the name servers. What is on this machine proves nothing."""
    parts = urlsplit(gateway_url)
    gateway = (parts.hostname or "localhost", parts.port or (443 if parts.scheme == "https" else 80))
    found = [gateway, *((server, DNS_PORT) for server in name_servers)]
    return [reference for reference in found if reference[0] != "localhost" and not _loopback(reference[0])]


@lru_cache(maxsize=4096)
def _public(address: str) -> bool:
    return is_public(ipaddress.ip_address(address.partition("%")[0]))


@lru_cache(maxsize=4096)
def _loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.partition("%")[0]).is_loopback
    except ValueError:
        return False
