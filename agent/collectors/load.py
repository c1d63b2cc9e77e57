"""The load: how many tasks run or want to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import psutil

from agent.collectors.base import Group

_PROC = Path("/proc")
_QUEUE = {"procs_running": "processes.running", "procs_blocked": "processes.blocked"}


def run_queue(stat: str) -> dict[str, float]:
    """`processes.running` and `processes.blocked` from the text of Linux' `/proc/stat`."""
    found: dict[str, float] = {}
    for line in stat.splitlines():
        key, _, rest = line.partition(" ")
        if key in _QUEUE:
            found[_QUEUE[key]] = float(rest)
    return found


def read_stat(proc: Path = _PROC) -> str:
    """The text of `/proc/stat`; empty where the system has none."""
    try:
        return (proc / "stat").read_text(encoding="ascii")
    except FileNotFoundError:
        return ""


class LoadCollector:
    """`load.*` and, on Linux, the tasks that run or wait for a disk right now."""

    name = "load"

    def __init__(
        self,
        load: Callable[[], tuple[float, float, float]] = psutil.getloadavg,
        cores: Callable[[], int | None] = psutil.cpu_count,
        stat: Callable[[], str] = read_stat,
    ) -> None:
        self._load = load
        self._cores = cores
        self._stat = stat

    def collect(self, at: float) -> list[Group]:
        """One group."""
        one, five, fifteen = self._load()
        values = {
            "load.1m": one,
            "load.5m": five,
            "load.15m": fifteen,
            "load.per_core": one / (self._cores() or 1),
        }
        return [Group(values | run_queue(self._stat()))]
