"""Kinds: the check types there are. A new one is its file and a line in `KINDS`."""

from __future__ import annotations

from collections.abc import Callable

from probes.check import Check, Vantage
from probes.dns import DnsCheck
from probes.grpc import GrpcCheck
from probes.handshake import TlsCheck
from probes.http import HttpCheck
from probes.icmp import IcmpCheck
from probes.monitors import Monitor
from probes.tcp import TcpCheck
from probes.tls import TlsContexts
from probes.websocket import WebSocketCheck
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.checks import CheckResult

KINDS: dict[str, Callable[[Monitor, Vantage], Check]] = {
    "http": HttpCheck,
    "tcp": TcpCheck,
    "tls": TlsCheck,
    "dns": DnsCheck,
    "ws": WebSocketCheck,
    "icmp": IcmpCheck,
    "grpc": GrpcCheck,
}


def build_check(monitor: Monitor, vantage: Vantage) -> Check:
    """The check of `monitor`; `InvalidInput` when it can never be checked or its kind is not known here."""
    maker = KINDS.get(monitor.kind)
    if maker is None:
        raise InvalidInput("kind", monitor.kind, "one of " + ", ".join(sorted(KINDS)))
    return maker(monitor, vantage)


async def run_check(
    monitor: Monitor,
    *,
    location: str,
    scheduled_ms: int,
    clock: Clock,
    tls: TlsContexts,
    attempt: int = 1,
    allow_private: bool = True,
) -> CheckResult:
    """Check `monitor` once, outside any schedule ("check now", tests); see `Check.run`."""
    return await build_check(monitor, Vantage(location, clock, tls, allow_private)).run(scheduled_ms, attempt)
