"""TCP: connections by state, and what went wrong with them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from pathlib import Path

from agent.collectors.base import Group, counters, read_optional, series

_PROC = Path("/proc")
STATES = {
    "01": "established", "02": "syn_sent", "03": "syn_recv", "04": "fin_wait1", "05": "fin_wait2", "06": "time_wait",
    "07": "close", "08": "close_wait", "09": "last_ack", "0A": "listen", "0B": "closing",
}  # fmt: skip
"""As the kernel numbers them (include/net/tcp_states.h); a request waiting for its last packet counts as received."""
_ALSO = {"0C": "03"}
MOST = 50_000
"""Where the host has more connections they are not counted by state: reading them would cost more than it tells."""
_COUNTED = {
    ("Tcp", "ActiveOpens"): "tcp.opened",
    ("Tcp", "PassiveOpens"): "tcp.accepted",
    ("Tcp", "AttemptFails"): "tcp.failed",
    ("Tcp", "EstabResets"): "tcp.resets",
    ("Tcp", "InSegs"): "tcp.segments_in",
    ("Tcp", "OutSegs"): "tcp.segments_out",
    ("Tcp", "RetransSegs"): "tcp.segments_retransmitted",
    ("TcpExt", "ListenOverflows"): "tcp.listen_overflows",
    ("TcpExt", "ListenDrops"): "tcp.listen_drops",
}


def by_state(tables: Iterable[str]) -> dict[str, float]:
    """How many connections each state has, in the texts of `/proc/net/tcp` and `tcp6`; all states are there."""
    found: Counter[str] = Counter()
    for table in tables:
        for line in table.splitlines()[1:]:
            code = line.split(None, 4)[3]
            found[_ALSO.get(code, code)] += 1
    return {series("tcp.connections", state=state): float(found[code]) for code, state in STATES.items()}


def parse_totals(*texts: str) -> dict[str, float]:
    """Totals in the texts of `/proc/net/snmp` and `netstat`: lines in pairs, of names and of values."""
    found: dict[str, float] = {}
    for text in texts:
        lines = [line.split() for line in text.splitlines()]
        for names, values in zip(lines[::2], lines[1::2], strict=False):
            group = names[0].rstrip(":")
            for name, value in zip(names[1:], values[1:], strict=False):
                if (group, name) in _COUNTED:
                    found[_COUNTED[group, name]] = float(value)
    return found


def sockets(sockstat: str) -> int:
    """How many TCP sockets `/proc/net/sockstat` tells of, waiting ones included."""
    for line in sockstat.splitlines():
        if line.startswith("TCP:"):
            words = line.split()[1:]
            known = dict(zip(words[::2], words[1::2], strict=False))
            return int(known.get("alloc", 0)) + int(known.get("tw", 0))
    return 0


class TcpCollector:
    """`tcp.connections{state}` and totals since boot; nothing outside Linux."""

    name = "tcp"

    def __init__(self, net: Path = _PROC / "net") -> None:
        self._net = net

    def collect(self, at: float) -> list[Group]:
        """A group of states, unless there are too many connections, and one of totals."""
        groups = []
        if sockets(self._text("sockstat")) <= MOST:
            tables = [text for name in ("tcp", "tcp6") if (text := self._text(name))]
            if tables:
                groups.append(Group(by_state(tables)))
        totals = parse_totals(self._text("snmp"), self._text("netstat"))
        if totals:
            groups.append(Group(totals, counters(totals)))
        return groups

    def _text(self, name: str) -> str:
        return read_optional(self._net / name) or ""
