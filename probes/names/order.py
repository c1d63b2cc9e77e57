"""Order: which of a name's addresses is tried first (RFC 6724, what of it matters to a client with one network)."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable, Iterable

_UNIQUE_LOCAL = ipaddress.IPv6Network("fc00::/7")


def has_route(address: str) -> bool:
    """Whether packets to the address would leave: connecting a datagram socket sends nothing, but asks for the way."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((address, 53))
    except OSError:
        return False
    return True


def ordered(addresses: Iterable[str], reachable: Callable[[str], bool] = has_route) -> list[str]:
    """Each address once: those with a route before those without, IPv6 before IPv4 unless it is a site's own."""
    unique = list(dict.fromkeys(addresses))
    if len(unique) < 2:
        return unique
    return sorted(unique, key=lambda address: (not reachable(address), _rank(address)))


def _rank(address: str) -> int:
    if ":" not in address:
        return 1
    return 2 if ipaddress.IPv6Address(address) in _UNIQUE_LOCAL else 0
