"""The host as it is seen from a container that mounts it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from agent.collectors import open_collectors
from agent.collectors.disk import Mount, parse_mounts, read_mounts, read_space
from agent.collectors.network import parse_network, read_network_of
from agent.collectors.own import read_own
from vedette.errors import ConfigurationError

NET = """Inter-|   Receive     |  Transmit
 face |bytes    packets … |bytes    packets …
  eth0: 10 11 12 13 14 15 16 17 20 21 22 23 24 25 26 27
br-1:30:1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16
"""
MOUNTS = r"""/dev/vda / ext4 rw 0 0
proc /proc proc rw 0 0
/dev/vdb /data\040with\040blanks xfs rw 0 0
/dev/vdc /gone xfs rw 0 0
tank /pool zfs rw 0 0
"""
FILESYSTEMS = "nodev\tproc\nnodev\tzfs\n\text4\n\txfs\n"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[Path]:
    """A folder that looks like the mount of a host's root."""
    proc = tmp_path / "proc"
    (proc / "1" / "net").mkdir(parents=True)
    (proc / "1" / "net" / "dev").write_text(NET)
    (proc / "1" / "mounts").write_text(MOUNTS)
    (proc / "filesystems").write_text(FILESYSTEMS)
    (tmp_path / "data with blanks").mkdir()
    (proc / "stat").write_text("cpu  100 0 50 850 0 0 0 0 0 0\nintr 7\nctxt 9\nbtime 1700000000\nprocs_running 3\n")
    (proc / "loadavg").write_text("0.5 0.4 0.3 1/2 3\n")
    before = psutil.PROCFS_PATH
    yield tmp_path
    psutil.PROCFS_PATH = before


def test_the_host_s_interfaces_are_those_of_its_first_process(host: Path) -> None:
    eth0 = read_network_of(host / "proc" / "1" / "net" / "dev")["eth0"]
    assert (eth0.bytes_recv, eth0.packets_recv, eth0.errin, eth0.dropin) == (10, 11, 12, 13)
    assert (eth0.bytes_sent, eth0.packets_sent, eth0.errout, eth0.dropout) == (20, 21, 22, 23)


def test_an_interface_s_name_may_hold_a_colon() -> None:
    assert set(parse_network(NET.replace("br-1:30:1", "br-1:30: 1"))) == {"eth0", "br-1:30"}


@pytest.mark.skipif(not Path("/proc/net/dev").exists(), reason="reads /proc")
def test_the_parser_reads_what_psutil_reads() -> None:
    assert set(parse_network(Path("/proc/net/dev").read_text())) == set(psutil.net_io_counters(pernic=True))


def test_the_host_s_mounts_are_those_on_real_filesystems_that_are_there(host: Path) -> None:
    assert read_mounts(host) == [
        Mount("/dev/vda", "/", "ext4"),
        Mount("/dev/vdb", "/data with blanks", "xfs"),
    ]


def test_zfs_counts_as_real_though_it_has_no_device() -> None:
    assert [mount.path for mount in parse_mounts(MOUNTS, FILESYSTEMS, lambda path: path == "/pool")] == ["/", "/pool"]


def test_space_is_asked_for_below_the_root(host: Path) -> None:
    assert read_space("/data with blanks", host).total == read_space(str(host)).total
    with pytest.raises(FileNotFoundError):
        read_space("/gone", host)


def test_psutil_and_the_run_queue_read_the_host_s_proc(host: Path) -> None:
    collectors = {collector.name: collector for collector in open_collectors(host)}
    [load] = collectors["load"].collect(0.0)
    assert load.values["processes.running"] == 3.0
    [host_group] = collectors["host"].collect(0.0)
    assert host_group.values["host.boot_time_s"] == 1_700_000_000.0
    everything, *commands = collectors["processes"].collect(0.0)
    assert (everything.values["processes.total"], commands) == (0.0, [])


def test_the_agent_s_own_use_stays_its_own(host: Path) -> None:
    open_collectors(host)
    assert read_own().memory_bytes > os.sysconf("SC_PAGE_SIZE")


def test_a_root_without_a_proc_is_refused_with_its_variable(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="VEDETTE_HOST_ROOT"):
        open_collectors(tmp_path)
