"""Reach: the addresses that a check may connect to, after the name's look-up and the location's rules."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from probes.faults import Fault, Faulted
from probes.net.resolver import resolve
from probes.net.trace import Trace
from vedette.addresses import is_public


class Lookup(Protocol):
    """How names become addresses in a process that checks many."""

    async def resolve(self, host: str, port: int, version: str = "any") -> Sequence[str]:
        """The addresses of that IP version, at least one; raises `Faulted`."""
        ...


@dataclass(frozen=True, slots=True)
class Reach:
    """Which addresses are allowed: those of the monitor's IP version, and private ones only if the location has them.

    Callers connect to the addresses they get and to no others: the rule holds for what is connected to, so a name
    that resolves differently a moment later, or a redirect, cannot get around it. Without `names` the system is
    asked each time.
    """

    ip_version: str = "any"
    allow_private: bool = True
    names: Lookup | None = None

    @property
    def unbounded(self) -> bool:
        """Whether every address is allowed."""
        return self.allow_private and self.ip_version == "any"

    async def addresses(
        self, host: str, port: int, *, literal: bool, trace: Trace, now: Callable[[], float], redirected: bool = False
    ) -> Sequence[str]:
        """The allowed addresses of `host`, at least one; looking a name up is the phase `dns`.

        Raises `Faulted`. That this location may not look at a monitor's own address tells nothing of the endpoint,
        so that fault is our own; a redirect to one is the endpoint's.
        """
        if literal:
            found: Sequence[str] = [host]
        else:
            trace.phase = "dns"
            begin = now()
            names = self.names
            found = await (resolve(host, port) if names is None else names.resolve(host, port, self.ip_version))
            trace.add("dns", now() - begin)
        if self.ip_version != "any":
            found = [address for address in found if (":" in address) == (self.ip_version == "6")]
            if not found:
                raise Faulted(Fault("dns", f"{host} has no IPv{self.ip_version} address"))
        return found if self.allow_private else self._public(host, found, redirected)

    def check(self, address: str) -> None:
        """Raise `Faulted` for an address that a monitor names and that may not be asked from here."""
        if not self.allow_private:
            self._public(address, [address], redirected=False)

    def check_named(self, host: str, *, literal: bool, redirected: bool) -> None:
        """As much of `addresses` as can be known where somebody else connects: addresses, and this machine's name.

        Raises `Faulted`. What another name resolves to behind a proxy is known to the proxy alone.
        """
        if self.allow_private:
            return
        if literal:
            self._public(host, [host], redirected)
        elif host.rstrip(".").lower().rpartition(".")[2] == "localhost":
            self._public(host, ["127.0.0.1"], redirected)

    @staticmethod
    def _public(host: str, found: Sequence[str], redirected: bool) -> Sequence[str]:
        public = [address for address in found if is_public(ipaddress.ip_address(address.partition("%")[0]))]
        if public:
            return public
        where = host if host == found[0] else f"{host} ({found[0]})"
        detail = f"{where} is not public; VEDETTE_ALLOW_PRIVATE=true lets this location check such addresses"
        raise Faulted(Fault("private_address", detail, own=not redirected))
