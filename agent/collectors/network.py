"""The network: what each interface received and sent."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import psutil

from agent.collectors.base import Group, counters, series

_SKIPPED = re.compile(r"lo\d*|(veth|cali|lxc).+")
"""Loopback, and interfaces with a random name for each container: their traffic shows at the bridge."""

_TOTALS = {
    "network.received_bytes": "bytes_recv",
    "network.sent_bytes": "bytes_sent",
    "network.received_packets": "packets_recv",
    "network.sent_packets": "packets_sent",
    "network.errors_in": "errin",
    "network.errors_out": "errout",
    "network.drops_in": "dropin",
    "network.drops_out": "dropout",
}


def read_network() -> Mapping[str, Any]:
    """Totals by interface, as psutil names them; the kernel's own numbers, resets included."""
    return psutil.net_io_counters(pernic=True, nowrap=False)


class Totals(NamedTuple):
    """What one interface moved, named as psutil names it."""

    bytes_recv: int
    packets_recv: int
    errin: int
    dropin: int
    bytes_sent: int
    packets_sent: int
    errout: int
    dropout: int


def parse_network(text: str) -> dict[str, Totals]:
    """Totals by interface from the text of Linux' `/proc/<pid>/net/dev`: eight columns received, then eight sent."""
    found: dict[str, Totals] = {}
    for line in text.splitlines()[2:]:
        interface, _, numbers = line.rpartition(":")
        column = [int(number) for number in numbers.split()]
        found[interface.strip()] = Totals(*column[:4], *column[8:12])
    return found


def read_network_of(path: Path) -> Mapping[str, Any]:
    """Totals by interface where the process lives whose `net/dev` this is."""
    return parse_network(path.read_text(encoding="utf-8", errors="replace"))


class NetworkCollector:
    """`network.*{interface}`: one group of counters for each interface."""

    name = "network"

    def __init__(self, read: Callable[[], Mapping[str, Any]] = read_network) -> None:
        self._read = read

    def collect(self, at: float) -> list[Group]:
        """An interface that vanished has no group any more."""
        groups: list[Group] = []
        for interface, totals in sorted(self._read().items()):
            if _SKIPPED.fullmatch(interface):
                continue
            values = {
                series(name, interface=interface): float(getattr(totals, field)) for name, field in _TOTALS.items()
            }
            groups.append(Group(values, counters(values)))
        return groups
