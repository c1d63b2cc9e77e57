"""Pressure, open files, temperatures, TCP and the clock, each from what a kernel says."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace

import pytest

from agent.collectors.clock import ClockCollector, Reading
from agent.collectors.files import FilesCollector
from agent.collectors.pressure import PressureCollector, parse_pressure
from agent.collectors.tcp import MOST, TcpCollector, by_state, parse_totals, sockets
from agent.collectors.temperature import MAX_SENSORS, TemperatureCollector

PRESSURE = """some avg10=1.50 avg60=0.25 avg300=0.01 total=2500000
full avg10=0.50 avg60=0.00 avg300=0.00 total=1000
"""
TCP = """  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 1 1 0 100 0 0 10 0
   1: 0100007F:1F90 0100007F:C350 01 00000000:00000000 00:00000000 00000000     0        0 2 1 0 20 4 30 10 -1
   2: 0100007F:1F90 0100007F:C351 06 00000000:00000000 03:00000AAA 00000000     0        0 0 3 0
   3: 0100007F:1F90 0100007F:C352 0C 00000000:00000000 01:00000AAA 00000000     0        0 0 3 0
"""
SNMP = """Ip: Forwarding DefaultTTL
Ip: 1 64
Tcp: RtoAlgorithm ActiveOpens PassiveOpens AttemptFails EstabResets InSegs OutSegs RetransSegs
Tcp: 1 11 12 13 14 15 16 17
"""
NETSTAT = "TcpExt: SyncookiesSent ListenOverflows ListenDrops\nTcpExt: 0 3 4\nIpExt: InNoRoutes\nIpExt: 0\n"


def test_pressure_is_told_as_ratios_and_as_a_total_of_seconds() -> None:
    group = parse_pressure("io", PRESSURE)
    assert group.values == {
        "pressure.io_some_10s_ratio": 0.015,
        "pressure.io_some_1m_ratio": 0.0025,
        "pressure.io_some_s": 2.5,
        "pressure.io_full_10s_ratio": 0.005,
        "pressure.io_full_1m_ratio": 0.0,
        "pressure.io_full_s": 0.001,
    }
    assert group.kinds == {"pressure.io_some_s": "counter", "pressure.io_full_s": "counter"}


def test_a_kernel_without_pressure_costs_nothing(tmp_path: Path) -> None:
    assert PressureCollector(tmp_path).collect(0.0) == []
    (tmp_path / "pressure").mkdir()
    (tmp_path / "pressure" / "memory").write_text(PRESSURE)
    (tmp_path / "pressure" / "io").mkdir()  # reading it fails, as it does where the account is switched off
    [group] = PressureCollector(tmp_path).collect(0.0)
    assert all(name.startswith("pressure.memory_") for name in group.values)


def test_open_files_are_those_that_are_handed_out(tmp_path: Path) -> None:
    (tmp_path / "sys" / "fs").mkdir(parents=True)
    (tmp_path / "sys" / "fs" / "file-nr").write_text("1100\t100\t4000\n")
    [group] = FilesCollector(tmp_path).collect(0.0)
    assert group.values == {"files.open": 1000.0, "files.max": 4000.0, "files.used_ratio": 0.25}
    assert FilesCollector(tmp_path / "elsewhere").collect(0.0) == []


def test_every_sensor_has_a_name_of_its_own() -> None:
    def sensor(label: str, current: float | None) -> SimpleNamespace:
        return SimpleNamespace(label=label, current=current)

    found = {"core": [sensor("", 41.0), sensor("Core", 42.0), sensor("Core", 43.0), sensor("dead", None)]}
    [group] = TemperatureCollector(lambda: found).collect(0.0)
    assert group.values == {
        'temperature.celsius{chip="core",sensor="0"}': 41.0,
        'temperature.celsius{chip="core",sensor="Core"}': 42.0,
        'temperature.celsius{chip="core",sensor="Core 2"}': 43.0,
    }
    many = {"chip": [sensor(str(n), 20.0) for n in range(500)]}
    assert [len(group.values) for group in TemperatureCollector(lambda: many).collect(0.0)] == [MAX_SENSORS]
    assert TemperatureCollector(dict).collect(0.0) == []


def test_connections_are_counted_by_state_and_every_state_is_there() -> None:
    found = by_state([TCP, TCP])
    assert {name: n for name, n in found.items() if n} == {
        'tcp.connections{state="listen"}': 2.0,
        'tcp.connections{state="established"}': 2.0,
        'tcp.connections{state="time_wait"}': 2.0,
        'tcp.connections{state="syn_recv"}': 2.0,
    }
    assert len(found) == 11


def test_totals_are_found_by_their_names() -> None:
    assert parse_totals(SNMP, NETSTAT) == {
        "tcp.opened": 11.0,
        "tcp.accepted": 12.0,
        "tcp.failed": 13.0,
        "tcp.resets": 14.0,
        "tcp.segments_in": 15.0,
        "tcp.segments_out": 16.0,
        "tcp.segments_retransmitted": 17.0,
        "tcp.listen_overflows": 3.0,
        "tcp.listen_drops": 4.0,
    }


@pytest.mark.parametrize(("held", "counted"), [(5, True), (MOST, False)])
def test_a_host_with_very_many_connections_is_not_read_line_by_line(tmp_path: Path, held: int, counted: bool) -> None:
    (tmp_path / "sockstat").write_text(f"sockets: used 9\nTCP: inuse 5 orphan 0 tw 1 alloc {held} mem 1\n")
    (tmp_path / "tcp").write_text(TCP)
    (tmp_path / "snmp").write_text(SNMP)
    groups = TcpCollector(tmp_path).collect(0.0)
    assert len(groups) == 1 + counted
    assert sockets("UDP: inuse 1\n") == 0
    assert TcpCollector(tmp_path / "elsewhere").collect(0.0) == []


def test_a_clock_that_nobody_keeps_is_told() -> None:
    [group] = ClockCollector(lambda: Reading(0.001, 0.002, 0.5, False)).collect(0.0)
    assert group.values == {
        "clock.offset_s": 0.001,
        "clock.estimated_error_s": 0.002,
        "clock.largest_error_s": 0.5,
        "clock.synchronized": 0.0,
    }
    assert ClockCollector(lambda: None).collect(0.0) == []
