"""What a realtime session shows: collectors of its own, the busiest processes, and what plugins reported last."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path

from agent.collectors import Group, open_collectors
from agent.collectors.snapshot import ProcessSnapshots, Snapshot
from agent.realtime.lane import Lane
from agent.rounds import Rounds
from vedette.clock import Clock
from vedette.events.realtime import MOST_VALUES, Frame, Process

LIMIT_S = 0.7
"""What one tick's collection may take; a collector that needs longer is left out of this tick."""
PROCESSES = "processes"
"""The group that the snapshot takes the place of: names of commands would be others at every tick."""

DEAR = frozenset({"tcp", "cgroups", "units"})
"""Groups that only come if they are asked for: each takes more time than all the others together. For `tcp` the kernel
goes through its whole table of connections, `cgroups` reads seven files of each container, `units` runs systemctl."""

Latest = Callable[[str], Group]


class Taken:
    """One tick's collection, from which each session takes what it wants."""

    def __init__(self, groups: Mapping[str, Sequence[Group]], snapshot: Snapshot | None) -> None:
        self._groups, self._snapshot = groups, snapshot

    def frame(self, seq: int, ts: int, wanted: Sequence[str], plugins: Sequence[str], latest: Latest) -> Frame:
        """The frame of a session that wants these groups (none: all) and plugins, as much as a frame may hold."""
        values: dict[str, dict[str, float]] = {}
        counters: list[str] = []
        room = MOST_VALUES
        for name, groups in self._groups.items():
            if wanted and name not in wanted:
                continue
            found = _finite({key: value for group in groups for key, value in group.values.items()}, room)
            room -= len(found)
            values[name] = found
            counted = (key for group in groups for key, kind in group.kinds.items() if kind == "counter")
            counters += [key for key in counted if key in found]
        for plugin in plugins:
            last = latest(plugin)
            found = _finite(last.values, room)
            room -= len(found)
            values[f"plugin {plugin}"] = found
            counters += [key for key, kind in last.kinds.items() if kind == "counter" and key in found]
        processes = None
        if self._snapshot is not None and (not wanted or PROCESSES in wanted):
            processes = [
                Process(use.pid, use.user, use.command, round(use.cpu_ratio, 4), use.memory_bytes)
                for use in self._snapshot.busiest
            ]
        return Frame(seq, ts, {name: found for name, found in values.items() if found}, counters, processes)


def _finite(values: Mapping[str, float], most: int) -> dict[str, float]:
    """At most so many of the values; those that no JSON can hold are left out, as in reports."""
    return dict(islice(((name, value) for name, value in values.items() if math.isfinite(value)), most))


class RealtimeSources:
    """Collectors of their own: their shares are those since the last tick, and the reports' stay those of a report."""

    def __init__(
        self, root: Path, clock: Clock, *, off: Callable[[], frozenset[str]], arguments: Callable[[], bool]
    ) -> None:
        self._snapshots = ProcessSnapshots(root, arguments=arguments)
        collectors = [collector for collector in open_collectors(root) if collector.name != PROCESSES]
        self._lane = Lane(clock, LIMIT_S)
        self._rounds = Rounds([*collectors, self._snapshots], clock, limit_s=LIMIT_S, start=self._lane.start)
        self._off = off

    def close(self) -> None:
        """Nobody watches any more."""
        self._lane.close()

    async def take(self, wanted: frozenset[str], *, everything: bool) -> Taken:
        """Collect the groups of these names, and with `everything` all but the dear ones; without those that the host's
        configuration turned off."""
        left = (DEAR if everything else frozenset(self._rounds.names)) - wanted
        self._lane.relieve()
        self._rounds.leave_out(left | self._off())
        groups = await self._rounds.collect_by_name()
        return Taken(groups, self._snapshots.latest if groups.get(PROCESSES) else None)
