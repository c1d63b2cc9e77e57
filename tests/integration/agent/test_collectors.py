"""The collectors agree with psutil about this machine."""

from __future__ import annotations

import contextlib
import math
import os
import socket
import sys
from pathlib import Path

import psutil
import pytest

from agent.collectors import Group, open_collectors
from agent.collectors.clock import read_clock
from agent.collectors.files import FilesCollector
from agent.collectors.own import read_own
from agent.collectors.process_table import read_procfs, read_psutil
from agent.collectors.tcp import TcpCollector
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


def test_every_metric_stands_on_its_page(values: dict[str, float]) -> None:
    page = (Path(__file__).parents[3] / "docs" / "host-metrics.md").read_text()
    lacking = sorted({name.partition("{")[0] for name in values if f"`{name.partition('{')[0]}" not in page})
    assert lacking == []


@linux
def test_connections_are_counted_as_they_are_made(values: dict[str, float]) -> None:
    name = 'tcp.connections{state="listen"}'
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        opened = {name: v for group in TcpCollector().collect(1.0) for name, v in group.values.items()}
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
        assert opened[name] == pytest.approx(len(listening), abs=5)
        assert opened['tcp.connections{state="established"}'] >= 2
        assert opened["tcp.opened"] > values["tcp.opened"]
        assert client.getpeername() == server.getsockname()


@linux
def test_open_files_grow_with_ours() -> None:
    def count() -> float:
        return FilesCollector().collect(1.0)[0].values["files.open"]

    before = count()
    with contextlib.ExitStack() as stack:
        for _ in range(500):
            stack.enter_context(Path("/dev/null").open("rb"))
        assert count() >= before + 300  # others come and go meanwhile


@linux
def test_the_kernel_s_word_about_its_clock_can_be_had() -> None:
    reading = read_clock()
    assert reading is not None
    assert abs(reading.offset_s) <= 1.0
    assert reading.largest_error_s >= 0


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
