"""The process snapshot: the busiest processes one by one, with their users and, if allowed, their arguments."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from agent.collectors.base import Group, label_text
from agent.collectors.process_table import ProcessRow, read_processes, read_procfs

TOP = 15
"""So many processes by CPU, and so many by memory; often they are the same ones."""
LONGEST_COMMAND = 200
_SHORTEST_LIFE_S = 0.01
_HERE = Path("/")


@dataclass(frozen=True, slots=True)
class ProcessUse:
    """A process now: `cpu_ratio` 1 is one core, since the previous snapshot (at first: over its life)."""

    pid: int
    user: str
    command: str
    cpu_ratio: float
    memory_bytes: float


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The busiest processes, and how many there are."""

    busiest: list[ProcessUse]
    processes: int
    threads: int


@dataclass(frozen=True, slots=True)
class _About:
    user: str
    arguments: str
    read: bool
    """Whether the arguments were read."""


def read_users(root: Path) -> dict[int, str]:
    """The users' names of the host whose root is at `root`, by number."""
    users: dict[int, str] = {}
    try:
        lines = (root / "etc" / "passwd").read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return users
    for line in lines:
        fields = line.split(":")
        if len(fields) > 2 and fields[2].isdecimal():
            users.setdefault(int(fields[2]), fields[0])
    return users


class ProcessSnapshots:
    """Takes snapshots. What does not change in a process' life is read once, and only of those that are shown.

    Arguments often hold passwords: unless `arguments` says so, they are not even read.
    """

    name = "processes"

    def __init__(
        self,
        root: Path = _HERE,
        read: Callable[[], Iterable[ProcessRow]] | None = None,
        arguments: Callable[[], bool] = lambda: False,
    ) -> None:
        self._proc = root / "proc"
        self._root = root
        self._read = read or (read_processes if root == _HERE else partial(read_procfs, str(self._proc)))
        self._arguments = arguments
        self.latest: Snapshot | None = None
        self._users: dict[int, str] | None = None
        self._about: dict[tuple[int, float], _About] = {}
        self._before: dict[tuple[int, float], float] = {}
        self._at: float | None = None

    def collect(self, at: float) -> list[Group]:
        """How many there are, as one group; the snapshot itself is then `latest`."""
        self.latest = found = self.take(at)
        return [Group({"processes.total": float(found.processes), "processes.threads": float(found.threads)})]

    def take(self, at: float, most: int = TOP) -> Snapshot:
        """The snapshot at the monotonic time `at`; may block."""
        arguments = self._arguments()
        rows = list(self._read())
        elapsed = 0.0 if self._at is None else at - self._at
        shares = [self._share(row, elapsed) for row in rows]
        self._before = {(row.pid, row.started): row.cpu_s for row in rows}
        self._at = at
        chosen = {*heapq.nlargest(most, range(len(rows)), key=lambda i: (shares[i], rows[i].rss_bytes))}
        chosen |= {*heapq.nlargest(most, range(len(rows)), key=lambda i: (rows[i].rss_bytes, shares[i]))}
        ordered = sorted(chosen, key=lambda i: (-shares[i], -rows[i].rss_bytes))
        shown = [i for i in ordered if rows[i].rss_bytes or shares[i]]
        about = {(rows[i].pid, rows[i].started): self._known(rows[i], arguments) for i in shown}
        self._about = about
        busiest = [self._use(rows[i], shares[i], about[rows[i].pid, rows[i].started]) for i in shown]
        return Snapshot(busiest, len(rows), sum(row.threads for row in rows))

    def _share(self, row: ProcessRow, elapsed: float) -> float:
        if elapsed <= 0:
            return row.cpu_s / max(row.age_s, _SHORTEST_LIFE_S)
        return max(0.0, row.cpu_s - self._before.get((row.pid, row.started), 0.0)) / elapsed

    def _use(self, row: ProcessRow, share: float, about: _About) -> ProcessUse:
        command = label_text(about.arguments or row.command, LONGEST_COMMAND) or "?"
        return ProcessUse(row.pid, about.user, command, share, row.rss_bytes)

    def _known(self, row: ProcessRow, arguments: bool) -> _About:
        found = self._about.get((row.pid, row.started))
        return found if found is not None and found.read == arguments else self._read_about(row.pid, arguments)

    def _read_about(self, pid: int, arguments: bool) -> _About:
        if self._users is None:
            self._users = read_users(self._root)
        folder = self._proc / str(pid)
        try:
            number = folder.stat().st_uid
            words = (folder / "cmdline").read_bytes()[: 4 * LONGEST_COMMAND] if arguments else b""
        except OSError:
            return _About("?", "", arguments)  # it ended while we looked
        line = words.replace(b"\0", b" ").decode("utf-8", "replace").strip()
        return _About(label_text(self._users.get(number, str(number)), 64) or "?", line, arguments)
