"""Check: the port of every check type, and the vantage point from which checks are made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from probes.lifeline import Lifeline
from probes.net.reach import Lookup
from probes.tls import TlsContexts
from vedette.clock import Clock
from vedette.events.checks import CheckResult


@dataclass(frozen=True, slots=True)
class Vantage:
    """Where and with what checks are made: the location's name, the clock, the TLS contexts.

    `allow_private`: whether this location may check addresses outside the public Internet. `lifeline` knows whether
    the probe itself has a network; the default one doubts nothing. `names` looks names up; without it the system does.
    """

    location: str
    clock: Clock
    tls: TlsContexts = field(default_factory=TlsContexts)
    allow_private: bool = True
    lifeline: Lifeline = field(default_factory=Lifeline)
    names: Lookup | None = None


class Check(Protocol):
    """One monitor, made ready to be checked again and again.

    Built once per version of a monitor; building raises `InvalidInput` for a monitor that can never be
    checked (a bad URL, a bad header).
    """

    async def run(self, scheduled_ms: int, attempt: int = 1) -> CheckResult:
        """Check once, for the slot `scheduled_ms` (ms UTC).

        Every fault of the endpoint, of the network or of this code becomes part of the result; only
        cancellation ends it without one. Takes at most the monitor's timeout, or twice that where it begins anew since
        the quick TLS engine does not suit the server.
        """
        ...
