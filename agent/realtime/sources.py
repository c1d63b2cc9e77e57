"""What a realtime session shows: collectors of its own, the busiest processes, and what plugins reported last."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from agent.collectors import Group, open_collectors
from agent.collectors.snapshot import ProcessSnapshots, Snapshot
from agent.rounds import Rounds
from vedette.clock import Clock
from vedette.events.realtime import Frame, Process

LIMIT_S = 0.7
"""What one tick's collection may take; a collector that needs longer is left out of this tick."""
PROCESSES = "processes"
"""The group that the snapshot takes the place of: names of commands would be others at every tick."""

Latest = Callable[[str], Mapping[str, float]]


class Taken:
    """One tick's collection, from which each session takes what it wants."""

    def __init__(self, groups: Mapping[str, Sequence[Group]], snapshot: Snapshot | None) -> None:
        self._groups, self._snapshot = groups, snapshot

    def frame(self, seq: int, ts: int, wanted: Sequence[str], plugins: Sequence[str], latest: Latest) -> Frame:
        """The frame of a session that wants these groups (none: all) and plugins."""
        values: dict[str, dict[str, float]] = {}
        counters: list[str] = []
        for name, groups in self._groups.items():
            if wanted and name not in wanted:
                continue
            values[name] = {key: value for group in groups for key, value in group.values.items()}
            counters += [key for group in groups for key, kind in group.kinds.items() if kind == "counter"]
        for plugin in plugins:
            found = latest(plugin)
            if found:
                values[f"plugin {plugin}"] = dict(found)
        processes = None
        if self._snapshot is not None and (not wanted or PROCESSES in wanted):
            totals = {"processes.total": self._snapshot.processes, "processes.threads": self._snapshot.threads}
            values[PROCESSES] = {name: float(total) for name, total in totals.items()}
            processes = [
                Process(use.pid, use.user, use.command, round(use.cpu_ratio, 4), use.memory_bytes)
                for use in self._snapshot.busiest
            ]
        return Frame(seq, ts, {name: found for name, found in values.items() if found}, counters, processes)


class RealtimeSources:
    """Collectors of their own: their shares are those since the last tick, and the reports' stay those of a report."""

    def __init__(
        self, root: Path, clock: Clock, *, off: Callable[[], frozenset[str]], arguments: Callable[[], bool]
    ) -> None:
        collectors = [collector for collector in open_collectors(root) if collector.name != PROCESSES]
        self._rounds = Rounds(collectors, clock, limit_s=LIMIT_S)
        self._snapshots = ProcessSnapshots(root)
        self._clock, self._off, self._arguments = clock, off, arguments

    async def take(self, wanted: frozenset[str]) -> Taken:
        """Collect the wanted groups (none: all), but not what the host's configuration has turned off."""
        off = self._off()
        names = frozenset(self._rounds.names)
        self._rounds.leave_out((names - wanted if wanted else frozenset()) | off)
        collecting = self._rounds.collect_by_name()
        if PROCESSES in off or (wanted and PROCESSES not in wanted):
            return Taken(await collecting, None)
        looking = asyncio.to_thread(self._snapshots.take, self._clock.monotonic(), arguments=self._arguments())
        groups, snapshot = await asyncio.gather(collecting, looking)
        return Taken(groups, snapshot)
