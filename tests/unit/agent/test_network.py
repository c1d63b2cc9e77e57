"""Which interfaces are reported, and how."""

from __future__ import annotations

from types import SimpleNamespace

import pytest

from agent.collectors.network import NetworkCollector

TOTALS = SimpleNamespace(
    bytes_recv=1, bytes_sent=2, packets_recv=3, packets_sent=4, errin=5, errout=6, dropin=7, dropout=8
)


def test_each_interface_is_a_group_of_counters() -> None:
    [group] = NetworkCollector(lambda: {"eth0": TOTALS}).collect(0.0)
    assert group.values == {
        'network.received_bytes{interface="eth0"}': 1.0,
        'network.sent_bytes{interface="eth0"}': 2.0,
        'network.received_packets{interface="eth0"}': 3.0,
        'network.sent_packets{interface="eth0"}': 4.0,
        'network.errors_in{interface="eth0"}': 5.0,
        'network.errors_out{interface="eth0"}': 6.0,
        'network.drops_in{interface="eth0"}': 7.0,
        'network.drops_out{interface="eth0"}': 8.0,
    }
    assert set(group.kinds) == set(group.values)


@pytest.mark.parametrize("name", ["lo", "lo0", "veth12ab34c", "cali0a1b2c", "lxc9f"])
def test_loopback_and_the_interfaces_of_single_containers_are_left_out(name: str) -> None:
    assert NetworkCollector(lambda: {name: TOTALS}).collect(0.0) == []


@pytest.mark.parametrize("name", ["eth0", "enp3s0", "docker0", "wlan0", "longhorn", "bond0"])
def test_other_interfaces_are_reported(name: str) -> None:
    assert len(NetworkCollector(lambda: {name: TOTALS}).collect(0.0)) == 1


def test_an_interface_that_vanishes_has_no_group_any_more() -> None:
    readings = iter([{"eth0": TOTALS, "eth1": TOTALS}, {"eth0": TOTALS}])
    collector = NetworkCollector(lambda: next(readings))
    assert [len(collector.collect(at)) for at in (0.0, 1.0)] == [2, 1]
