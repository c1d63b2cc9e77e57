"""The collectors agree with psutil about this machine."""

from __future__ import annotations

import math
import os
import sys
from pathlib import Path

import psutil
import pytest

from agent.collectors import Group, open_collectors
from agent.collectors.own import read_own
from agent.collectors.process_table import read_procfs, read_psutil
from vedette.events.names import canonical
from vedette.events.samples import KINDS

linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def everything(at: float = 1.0) -> dict[str, list[Group]]:
    return {collector.name: collector.collect(at) for collector in open_collectors()}


@pytest.fixture(scope="module")
def values() -> dict[str, float]:
    return {name: v for groups in everything().values() for group in groups for name, v in group.values.items()}


def test_memory_and_boot_time_are_psutil_s(values: dict[str, float]) -> None:
    assert values["memory.total_bytes"] == psutil.virtual_memory().total
    assert values["swap.total_bytes"] == psutil.swap_memory().total
    assert values["host.boot_time_s"] == psutil.boot_time()
    assert values["cpu.count"] == psutil.cpu_count()


def test_the_root_filesystem_is_reported_and_its_size_is_psutil_s(values: dict[str, float]) -> None:
    usage = psutil.disk_usage("/")
    assert values['disk.total_bytes{mount="/"}'] == usage.total
    assert values['disk.used_ratio{mount="/"}'] == pytest.approx(usage.percent / 100, abs=0.01)


def test_every_mount_that_is_reported_has_psutil_s_size(values: dict[str, float]) -> None:
    prefix = 'disk.total_bytes{mount="'
    mounts = {name.removeprefix(prefix)[:-2]: v for name, v in values.items() if name.startswith(prefix)}
    assert mounts == {path: psutil.disk_usage(path).total for path in mounts}


def test_all_ratios_are_ratios_and_all_values_are_finite(values: dict[str, float]) -> None:
    assert all(math.isfinite(value) for value in values.values())
    for name, value in values.items():
        if name.partition("{")[0].endswith("_ratio") and not name.startswith("process."):
            assert 0.0 <= value <= 1.0, name


def test_all_names_are_canonical_unique_and_their_kinds_known() -> None:
    names: list[str] = []
    for groups in everything().values():
        for group in groups:
            names += group.values
            assert set(group.kinds) <= set(group.values)
            assert set(group.kinds.values()) <= set(KINDS)
    assert len(set(names)) == len(names)
    assert [canonical(name) for name in names] == names


def test_the_layouts_are_the_same_at_each_collection() -> None:
    collectors = [collector for collector in open_collectors() if collector.name != "processes"]
    rounds = [[list(g.values) for c in collectors for g in c.collect(at)] for at in (1.0, 2.0)]
    assert rounds[0] == rounds[1]


@linux
def test_the_cheap_process_table_and_psutil_s_agree_about_this_process() -> None:
    [cheap] = [row for row in read_procfs() if row.pid == os.getpid()]
    [costly] = [row for row in read_psutil() if row.pid == os.getpid()]
    assert cheap.command[:15] == costly.command[:15]
    assert cheap.cpu_s == pytest.approx(costly.cpu_s, abs=0.5)
    assert cheap.age_s == pytest.approx(costly.age_s, abs=2.0)
    assert cheap.rss_bytes == pytest.approx(costly.rss_bytes, rel=0.1)
    assert cheap.threads == costly.threads


@linux
def test_the_cheap_process_table_sees_the_processes_psutil_sees() -> None:
    cheap = {row.pid for row in read_procfs()}
    long_lived = {p.pid for p in psutil.process_iter() if Path(f"/proc/{p.pid}").exists()}
    assert len(cheap & long_lived) >= 0.8 * len(long_lived)
    assert {1, os.getpid()} <= cheap


def test_the_agent_s_own_use_is_this_process() -> None:
    use = read_own()
    assert use.cpu_s > 0
    assert use.memory_bytes == pytest.approx(psutil.Process().memory_info().rss, rel=0.1)
