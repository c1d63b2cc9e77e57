"""Sources: what this machine says about the resolving of names (`resolv.conf`, `hosts`), read anew when it changes."""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from probes.dns.message import plain
from probes.net.resolver import RESOLV_CONF, nameservers

HOSTS = Path("/etc/hosts")
LOOK_S = 5.0
"""How often it is looked whether the files have changed."""

_SYSTEM_ONLY = frozenset({"local", "localhost", "internal", "lan", "home"})
"""Names that often come from elsewhere than DNS: multicast, the machine itself, a router."""


@dataclass(frozen=True, slots=True)
class Sources:
    """`servers` with their ports; a name with fewer than `ndots` dots may mean one of the machine's own domains."""

    servers: Sequence[tuple[str, int]] = ()
    hosts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    searches: bool = False
    ndots: int = 1

    def can_ask_for(self, name: str) -> bool:
        """Whether the name means the same to the name servers as to this machine; others only the system knows."""
        if not self.servers or name.rpartition(".")[2] in _SYSTEM_ONLY:
            return False
        dots = name.count(".")
        return dots > 0 and not (self.searches and dots < self.ndots)


def read_sources(resolv_conf: Path = RESOLV_CONF, hosts: Path = HOSTS) -> Sources:
    """What the two files say; what cannot be read says nothing. Blocks for the disk."""
    lines = _lines(resolv_conf)
    ndots = 1
    for option in (word for line in lines if line[0] == "options" for word in line[1:]):
        key, _, value = option.partition(":")
        if key == "ndots" and value.isascii() and value.isdigit():
            ndots = min(15, int(value))
    return Sources(
        [(server, 53) for server in nameservers(resolv_conf)[:3]],
        _named(_lines(hosts)),
        any(line[0] in {"search", "domain"} and len(line) > 1 for line in lines),
        ndots,
    )


class Watched:
    """The sources as they are now, read again when one of the files has changed."""

    def __init__(self, now: Callable[[], float], resolv_conf: Path = RESOLV_CONF, hosts: Path = HOSTS) -> None:
        self._now = now
        self._paths = (resolv_conf, hosts)
        self._looked_at = float("-inf")
        self._marks: tuple[float, ...] = ()
        self._sources = Sources()

    def __call__(self) -> Sources:
        """Looks at the files' times at most every `LOOK_S`: two system calls, and rarely two small files to read."""
        if self._now() - self._looked_at >= LOOK_S:
            self._looked_at = self._now()
            marks = tuple(_mark(path) for path in self._paths)
            if marks != self._marks:
                self._marks, self._sources = marks, read_sources(*self._paths)
        return self._sources


def _mark(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except OSError:
        return -1.0


def _lines(path: Path) -> list[list[str]]:
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return []
    words = (line.partition("#")[0].partition(";")[0].split() for line in text.splitlines())
    return [line for line in words if line]


def _named(lines: Sequence[Sequence[str]]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for address, *names in lines:
        try:
            text = str(ipaddress.ip_address(address.partition("%")[0]))
        except ValueError:
            continue
        for name in names:
            known = found.setdefault(plain(name), [])
            if text not in known:
                known.append(text)
    return found
