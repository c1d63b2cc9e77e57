"""Collectors: one file for each part of the host; the only room that knows psutil.

A new one is its file, its tests, and its line in `open_collectors`.
"""

from __future__ import annotations

from functools import partial
from pathlib import Path

import psutil

from agent.collectors.base import Collector, Group
from agent.collectors.cgroups import CgroupsCollector
from agent.collectors.clock import ClockCollector
from agent.collectors.cpu import CpuCollector
from agent.collectors.disk import DiskCollector, read_mounts, read_space
from agent.collectors.diskio import DiskIoCollector
from agent.collectors.files import FilesCollector
from agent.collectors.host import HostCollector
from agent.collectors.load import LoadCollector, read_stat
from agent.collectors.memory import MemoryCollector
from agent.collectors.network import NetworkCollector, read_network_of
from agent.collectors.pressure import PressureCollector
from agent.collectors.process_table import read_procfs
from agent.collectors.processes import ProcessCollector
from agent.collectors.swap import SwapCollector
from agent.collectors.tcp import TcpCollector
from agent.collectors.temperature import TemperatureCollector
from agent.collectors.units import UnitsCollector
from vedette.errors import ConfigurationError

__all__ = ["Collector", "Group", "open_collectors"]


_HERE = Path("/")


def open_collectors(root: Path = _HERE) -> list[Collector]:
    """All collectors, in the order of their reports. Reads nothing yet.

    `root` is where the host's root is seen from here: in a container that reports its host it is mounted somewhere,
    with the host's `/proc`. Raises `ConfigurationError` if no `/proc` is there.
    """
    return _of_this_system() if root == _HERE else _of_the_host(root)


def _of_the_host(root: Path) -> list[Collector]:
    proc = root / "proc"
    if not (proc / "1" / "mounts").exists():
        raise ConfigurationError("VEDETTE_HOST_ROOT", str(root), "a mount of the host's root with its /proc")
    psutil.PROCFS_PATH = str(proc)
    return [
        CpuCollector(),
        LoadCollector(stat=partial(read_stat, proc)),
        MemoryCollector(),
        SwapCollector(),
        DiskCollector(partial(read_mounts, root), partial(read_space, root=root)),
        DiskIoCollector(),
        # Not what psutil reads: "self" would be this container, process 1 lives where the host does.
        NetworkCollector(partial(read_network_of, proc / "1" / "net" / "dev")),
        ProcessCollector(partial(read_procfs, str(proc))),
        HostCollector(),
        PressureCollector(proc),
        FilesCollector(proc),
        TemperatureCollector(),
        TcpCollector(proc / "1" / "net"),
        ClockCollector(),
        CgroupsCollector(root / "sys" / "fs" / "cgroup"),
        # systemd itself cannot be asked from within a container.
    ]


def _of_this_system() -> list[Collector]:
    return [
        CpuCollector(),
        LoadCollector(),
        MemoryCollector(),
        SwapCollector(),
        DiskCollector(),
        DiskIoCollector(),
        NetworkCollector(),
        ProcessCollector(),
        HostCollector(),
        PressureCollector(),
        FilesCollector(),
        TemperatureCollector(),
        TcpCollector(),
        ClockCollector(),
        CgroupsCollector(),
        UnitsCollector(),
    ]
