"""The bond between processes of a cluster: they begin together, and the loss of one is noticed by all."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dataflows.cluster import Seat, hub, member
from dataflows.cluster.bond import End
from dataflows.cluster.hub import Hub
from dataflows.cluster.letters import Hello, LostError, Ping, Wire
from dataflows.cluster.member import Member
from dataflows.running import Stop
from tests.e2e.installation import free_port
from tests.patience import PATIENCE_S
from vedette.errors import ConfigurationError, Conflict


class Cluster:
    """Ends of a bond, each pumped by the test."""

    def __init__(self, processes: int) -> None:
        self.addresses = tuple(f"127.0.0.1:{number}" for number in range(1, processes + 1))
        self.bond = ("127.0.0.1", free_port())
        self.ends: list[End] = []
        self.stops: list[Stop] = []
        self.made: list[tuple[int, list[int]]] = []

    def hello(self, process: int) -> Hello:
        return Hello(process, {"flow": "rollup"}, "shared", {})

    def add(self, process: int) -> End:
        stop, seat = Stop(), Seat(process, self.addresses, self.bond)

        def make(count: int, parts: list[int]) -> None:
            self.made.append((count, parts))

        hello = self.hello(process)
        end: End = Member(seat, hello, make, stop) if process else Hub(seat, hello, 4, make, stop)
        self.ends.append(end)
        self.stops.append(stop)
        return end

    def pump_until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            assert time.monotonic() < deadline
            for end in self.ends:
                end.pump()

    def run(self) -> None:
        self.pump_until(lambda: all(end.running for end in self.ends))


@pytest.fixture
def cluster(monkeypatch: pytest.MonkeyPatch) -> Iterator[Cluster]:
    """Of two processes, quick to look."""
    for module in (hub, member):
        monkeypatch.setattr(module, "TICK_S", 0.01)
    found = Cluster(2)
    yield found
    for end in found.ends:
        end.abandon()


def test_nobody_runs_before_all_are_there_and_partitions_are_made_once(cluster: Cluster) -> None:
    first = cluster.add(1)  # it comes before process 0 listens
    for _ in range(3):
        first.pump()
    assert not first.running
    cluster.add(0)
    cluster.run()
    assert cluster.made == [(4, [0, 1, 2, 3])]


@pytest.mark.parametrize("told", [0, 1])
def test_who_is_told_to_end_tells_all(cluster: Cluster, told: int) -> None:
    for process in (0, 1):
        cluster.add(process)
    cluster.run()
    cluster.stops[told].set()
    cluster.pump_until(lambda: all(stop() for stop in cluster.stops))


@pytest.mark.parametrize("lost", [0, 1])
def test_a_closed_connection_is_a_loss(cluster: Cluster, lost: int) -> None:
    ends = [cluster.add(process) for process in (0, 1)]
    cluster.run()
    cluster.ends.remove(ends[lost])
    ends[lost].abandon()
    with pytest.raises(LostError, match=f"process {lost} is lost"):
        cluster.pump_until(lambda: False)


@pytest.mark.parametrize("lost", [0, 1])
def test_silence_is_a_loss(cluster: Cluster, lost: int, monkeypatch: pytest.MonkeyPatch) -> None:
    ends = [cluster.add(process) for process in (0, 1)]
    cluster.run()
    for module in (hub, member):
        monkeypatch.setattr(module, "SILENT_S", 0.3)
    cluster.ends.remove(ends[lost])  # its connection stays open, as that of a machine without power does
    with pytest.raises(LostError, match=f"process {lost} is lost: silent"):
        cluster.pump_until(lambda: False)
    ends[lost].abandon()


def test_signs_of_life_are_no_silence(cluster: Cluster, monkeypatch: pytest.MonkeyPatch) -> None:
    for process in (0, 1):
        cluster.add(process)
    cluster.run()
    for module in (hub, member):
        monkeypatch.setattr(module, "SILENT_S", 0.5)
        monkeypatch.setattr(module, "EVERY_S", 0.05)
    until = time.monotonic() + 1.5
    cluster.pump_until(lambda: time.monotonic() > until)


@pytest.mark.parametrize("first", [0, 1])
def test_an_end_in_order_is_no_loss_whoever_is_first(cluster: Cluster, first: int) -> None:
    ends = [cluster.add(process) for process in (0, 1)]
    cluster.run()
    begun = time.monotonic()
    leaving = threading.Thread(target=ends[first].leave)
    leaving.start()
    for _ in range(20):
        ends[1 - first].pump()
    ends[1 - first].leave()
    leaving.join(5)
    assert not leaving.is_alive()
    assert time.monotonic() - begun < 5  # neither had to give up waiting for the other


def test_a_second_process_of_the_same_number_is_refused_and_the_cluster_goes_on(cluster: Cluster) -> None:
    for process in (0, 1):
        cluster.add(process)
    cluster.run()
    second = cluster.add(1)
    with pytest.raises(Conflict, match="process 1 is here already"):
        cluster.pump_until(lambda: False)
    cluster.ends.remove(second)
    second.abandon()
    for _ in range(5):
        for end in cluster.ends:
            end.pump()
    assert all(end.running for end in cluster.ends)


def test_a_stranger_changes_nothing(cluster: Cluster) -> None:
    end = cluster.add(0)
    for words in (b"GET / HTTP/1.1\r\n\r\n", b"\xff\n", b'{"type":"Hello"}\n', b'{"type":"Ending"}\n'):
        with socket.create_connection(cluster.bond) as stranger:
            stranger.sendall(words)
            for _ in range(5):
                end.pump()
    cluster.add(1)
    cluster.run()
    assert not cluster.stops[0]()


def test_a_member_that_comes_again_before_the_start_takes_its_own_place(cluster: Cluster) -> None:
    cluster.addresses = (*cluster.addresses, "127.0.0.1:3")
    end = cluster.add(0)
    for _ in range(3):
        wire = Wire(socket.create_connection(cluster.bond))
        wire.send(cluster.hello(1))
        wire.send(Ping())
        end.pump()
        wire.close()
        for _ in range(3):
            end.pump()
    for process in (1, 2):
        cluster.add(process)
    cluster.run()


def test_a_bond_address_that_is_taken_is_named(cluster: Cluster, tmp_path: Path) -> None:
    with (
        socket.create_server(cluster.bond),
        pytest.raises(ConfigurationError, match=r"VEDETTE_CLUSTER_BOND.*that is free"),
    ):
        cluster.add(0)
