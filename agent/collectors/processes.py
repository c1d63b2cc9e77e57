"""Processes: which commands use the processor and the memory."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from agent.collectors.base import Group, label_text, series
from agent.collectors.process_table import ProcessRow, read_processes

TOP = 20
"""So many commands by CPU, and so many by memory; often they are the same ones."""
MAX_COMMAND = 64
_SHORTEST_LIFE_S = 0.01


@dataclass(slots=True)
class CommandUse:
    """What the processes of one command use together; `cpu_ratio` 1 is one core."""

    count: int = 0
    cpu_ratio: float = 0.0
    memory_bytes: float = 0.0


def command_name(row: ProcessRow) -> str:
    """The command under which a process is counted; kernel threads (no memory) lose their number."""
    command = row.command
    if row.rss_bytes == 0:
        command = command.partition("/")[0] or command
    return label_text(command, MAX_COMMAND) or "?"


def by_command(rows: Iterable[ProcessRow], share: Callable[[ProcessRow], float]) -> dict[str, CommandUse]:
    """Rows added up by command; `share` is the part of one core that a process used."""
    uses: dict[str, CommandUse] = {}
    for row in rows:
        use = uses.setdefault(command_name(row), CommandUse())
        use.count += 1
        use.cpu_ratio += share(row)
        use.memory_bytes += row.rss_bytes
    return uses


def top_commands(uses: dict[str, CommandUse], most: int = TOP) -> list[str]:
    """The `most` commands by CPU and the `most` by memory, each once, by name; none that uses nothing."""
    by_cpu = heapq.nlargest(most, uses, key=lambda name: (uses[name].cpu_ratio, name))
    by_memory = heapq.nlargest(most, uses, key=lambda name: (uses[name].memory_bytes, name))
    return sorted(name for name in {*by_cpu, *by_memory} if uses[name].cpu_ratio > 0 or uses[name].memory_bytes > 0)


class ProcessCollector:
    """`processes.*` over all, and `process.*{command}` in a small group for each of the top commands.

    `process.cpu_ratio` is the share of one core since the previous collection (more than 1 on several cores);
    at the first collection, or when no time passed, the mean over each process' life. A process that began
    since then counts with all its time; what a process that ended meanwhile used last is not seen.
    """

    name = "processes"

    def __init__(self, read: Callable[[], Iterable[ProcessRow]] = read_processes) -> None:
        self._read = read
        self._before: dict[tuple[int, float], float] = {}
        self._at: float | None = None

    def collect(self, at: float) -> list[Group]:
        """One group for all processes, and one for each top command."""
        rows = list(self._read())
        elapsed = 0.0 if self._at is None else at - self._at
        before = self._before

        def share(row: ProcessRow) -> float:
            if elapsed <= 0:
                return row.cpu_s / max(row.age_s, _SHORTEST_LIFE_S)
            return max(0.0, row.cpu_s - before.get((row.pid, row.started), 0.0)) / elapsed

        uses = by_command(rows, share)
        self._before = {(row.pid, row.started): row.cpu_s for row in rows}
        self._at = at
        everything = {
            "processes.total": float(len(rows)),
            "processes.threads": float(sum(row.threads for row in rows)),
        }
        return [Group(everything), *(_group(name, uses[name]) for name in top_commands(uses))]


def _group(command: str, use: CommandUse) -> Group:
    return Group(
        {
            series("process.count", command=command): float(use.count),
            series("process.cpu_ratio", command=command): use.cpu_ratio,
            series("process.memory_bytes", command=command): use.memory_bytes,
        }
    )
