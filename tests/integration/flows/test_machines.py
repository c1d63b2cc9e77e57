"""A cluster over several machines: each process is started by itself and keeps its own recovery folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.e2e.installation import free_port
from tests.integration.flows.draining import put
from tests.integration.flows.ledger import Ledger
from tests.integration.flows.process import FlowProcess
from vedette.events.topics import SAMPLES
from vedette.log import Log
from vedette.store.pool import Store

SOURCES = tuple(f"host-{number}" for number in range(6))


class Machines:
    """Two processes of the rollup, each with a folder that stands for its machine."""

    def __init__(self, log_url: str, dsn: str, folder: Path) -> None:
        cluster = {
            "VEDETTE_CLUSTER_ADDRESSES": f"127.0.0.1:{free_port()},127.0.0.1:{free_port()}",
            "VEDETTE_CLUSTER_BOND": f"127.0.0.1:{free_port()}",
        }
        self.folders = [folder / "zero", folder / "one"]
        self.flows = []
        for number, own in enumerate(self.folders):
            own.mkdir(exist_ok=True)
            self.flows.append(FlowProcess("rollup", log_url, dsn, own, **cluster, VEDETTE_CLUSTER_PROCESS=str(number)))

    def parts(self, number: int) -> list[str]:
        """The recovery partitions on that machine."""
        return sorted(path.name for path in (self.folders[number] / "recovery" / "rollup").glob("part-*.sqlite3"))

    def start(self) -> None:
        for flow in self.flows:
            flow.start()

    def kill(self) -> None:
        for flow in self.flows:
            flow.kill()


@pytest.mark.parametrize("victim", [0, 1])
def test_a_killed_process_ends_the_other_and_both_go_on_together(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path, victim: int
) -> None:
    ledger, machines = Ledger(SOURCES), Machines(log_url, dsn, tmp_path)
    victims, others = machines.flows[victim], machines.flows[1 - victim]
    try:
        machines.start()
        put(log, SAMPLES.name, *ledger.next(30))
        others.wait_until(lambda: ledger.missing(store) <= 0)
        put(log, SAMPLES.name, *ledger.next(30))
        victims.kill()
        assert others.ended() == 1
        machines.start()
        others.wait_until(lambda: ledger.missing(store) <= 0)
        assert victims.terminate() == 0, victims.words()  # one is told, and both end
        assert others.ended() == 0, others.words()
    finally:
        machines.kill()
    ledger.assert_kept(store)
    assert machines.parts(0) == ["part-0.sqlite3", "part-2.sqlite3"]
    assert machines.parts(1) == ["part-1.sqlite3", "part-3.sqlite3"]


def test_from_two_machines_to_one_the_files_must_be_moved_and_then_nothing_is_forgotten(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger, machines = Ledger(SOURCES), Machines(log_url, dsn, tmp_path)
    zero, one = (folder / "recovery" / "rollup" for folder in machines.folders)
    try:
        machines.start()
        put(log, SAMPLES.name, *ledger.next(30))
        machines.flows[0].wait_until(lambda: ledger.missing(store) <= 0)
        assert machines.flows[1].terminate() == 0
        assert machines.flows[0].ended() == 0
    finally:
        machines.kill()
    put(log, SAMPLES.name, *ledger.next(30))
    with FlowProcess("rollup", log_url, dsn, machines.folders[0]) as alone:
        assert alone.ended() == 1
        assert "recovery partitions 1, 3 are in no process's folder" in " ".join(alone.words().split())
        for path in one.glob("part-*"):
            shutil.move(path, zero)
        alone.start()
        alone.wait_until(lambda: ledger.missing(store) <= 0)
        assert alone.terminate() == 0
    ledger.assert_kept(store)


def test_a_process_with_other_settings_is_refused_and_one_that_waits_can_be_told_to_end(
    log_url: str, dsn: str, tmp_path: Path
) -> None:
    machines = Machines(log_url, dsn, tmp_path)
    hub, member = machines.flows
    try:
        hub.start()
        member.start(VEDETTE_WORKERS="2")
        assert member.ended() == 1
        assert "process 1 has VEDETTE_WORKERS=2, process 0 has 1" in " ".join(member.words().split())
        nobody = f"127.0.0.1:{free_port()}"
        member.start(VEDETTE_CLUSTER_BOND=nobody)
        member.says(nobody)
        assert [flow.terminate() for flow in (hub, member)] == [0, 0]
    finally:
        machines.kill()
