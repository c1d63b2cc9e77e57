"""Load, memory, swap and the host, each in one group."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.collectors.host import HostCollector
from agent.collectors.load import LoadCollector, run_queue
from agent.collectors.memory import MemoryCollector
from agent.collectors.swap import SwapCollector

STAT = "cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 5\nprocs_running 3\nprocs_blocked 1\nsoftirq 1\n"


def test_load_is_also_told_for_each_core_and_with_the_run_queue() -> None:
    [group] = LoadCollector(lambda: (4.0, 2.0, 1.0), lambda: 8, lambda: STAT).collect(0.0)
    assert group.values == {
        "load.1m": 4.0,
        "load.5m": 2.0,
        "load.15m": 1.0,
        "load.per_core": 0.5,
        "processes.running": 3.0,
        "processes.blocked": 1.0,
    }


def test_without_a_proc_there_is_no_run_queue() -> None:
    [group] = LoadCollector(lambda: (4.0, 2.0, 1.0), lambda: None, lambda: "").collect(0.0)
    assert group.values["load.per_core"] == 4.0
    assert "processes.running" not in group.values


def test_other_lines_of_stat_are_no_run_queue() -> None:
    assert run_queue("procs_runningly 4\nprocesses 77\n") == {}


def test_memory_in_use_is_what_is_not_available() -> None:
    reading = SimpleNamespace(total=1000, used=500, available=250, cached=300, buffers=50)
    [group] = MemoryCollector(lambda: reading).collect(0.0)
    assert group.values == {
        "memory.total_bytes": 1000.0,
        "memory.used_bytes": 500.0,
        "memory.available_bytes": 250.0,
        "memory.cached_bytes": 300.0,
        "memory.buffers_bytes": 50.0,
        "memory.used_ratio": 0.75,
    }


def test_memory_fields_that_a_system_does_not_tell_are_absent() -> None:
    [group] = MemoryCollector(lambda: SimpleNamespace(total=0, used=0, available=0)).collect(0.0)
    assert "memory.cached_bytes" not in group.values
    assert group.values["memory.used_ratio"] == 0.0


def test_swap_has_a_share_in_use_and_counters() -> None:
    [group] = SwapCollector(lambda: SimpleNamespace(total=100, used=25, sin=7, sout=8)).collect(0.0)
    assert group.values["swap.used_ratio"] == 0.25
    assert group.kinds == {"swap.in_bytes": "counter", "swap.out_bytes": "counter"}


def test_a_host_without_swap_reports_zeros() -> None:
    [group] = SwapCollector(lambda: SimpleNamespace(total=0, used=0, sin=0, sout=0)).collect(0.0)
    assert set(group.values.values()) == {0.0}


@pytest.mark.parametrize(("now", "uptime"), [(1500.0, 500.0), (900.0, 0.0)])
def test_uptime_counts_from_boot_and_is_never_negative(now: float, uptime: float) -> None:
    [group] = HostCollector(lambda: 1000.0, lambda: now).collect(0.0)
    assert group.values == {"host.boot_time_s": 1000.0, "host.uptime_s": uptime}
