"""Whatever dies or is cut off under load, afterwards every count and sum of every tier is exactly right."""

from __future__ import annotations

import contextlib
import signal
import time
from collections import Counter
from collections.abc import Callable

import pytest

from launch.loadgen.ledger import read_ledger
from tests.e2e.installation import eventually
from tests.failures.load import agrees, under_load
from tests.failures.site import OUT_S, Site
from tests.failures.spools import agent_s_reports, agent_s_rows, holes, probe_s_results, probe_s_rows, spooled

pytestmark = [pytest.mark.failures, pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")]

BETWEEN_S = 0.5
"""Load between two deaths."""


def test_every_process_is_killed(site: Site) -> None:
    with under_load(site) as progress:
        for name in ("flow-rollup", "flow-archive", "flow-alerts", "gateway", "agent", "probe", "alert-worker"):
            site.keeper.kill(name)
            time.sleep(BETWEEN_S)
        eventually("the gateway is ready", site.ready)
    assert progress.repeated > 0, "no request failed: nothing was put to the test"


def test_a_flow_is_killed_again_before_it_has_caught_up(site: Site) -> None:
    with under_load(site):
        for _ in range(3):
            for name in ("flow-rollup", "flow-archive"):
                site.keeper.kill(name)
            time.sleep(BETWEEN_S)


def test_a_member_of_a_cluster_is_killed_and_then_its_parent(site: Site) -> None:
    with under_load(site):
        first = eventually("two members run", lambda: _two(site.keeper.children("flow-endpoints")))
        parent = site.keeper.process("flow-endpoints").pid
        site.keeper.kill_process(first[1])
        eventually("the whole is started again", lambda: site.keeper.process("flow-endpoints").pid != parent)
        eventually("two members run", lambda: _two(site.keeper.children("flow-endpoints")))
        site.keeper.kill("flow-endpoints")


def _two(members: list[int]) -> list[int] | None:
    return members if len(members) == 2 else None


@pytest.mark.parametrize("server", ["kafka", "timescale", "s3"])
def test_a_server_is_killed_and_comes_back(site: Site, server: str) -> None:
    with under_load(site) as progress:
        site.bed.kill(server)
        time.sleep(OUT_S)
        site.bed.start(server)
    assert server != "kafka" or progress.repeated > 0


@pytest.mark.parametrize("wire", ["gateway-kafka", "flow-database", "agent-gateway", "archive-s3"])
def test_the_network_is_cut_refused_and_stalled(site: Site, wire: str) -> None:
    cut = site.wires[wire]
    ways: tuple[Callable[[], None], ...] = (cut.cut, cut.refuse, cut.stall)
    with under_load(site):
        for way in ways:
            passed = cut.passed
            way()
            time.sleep(OUT_S)
            cut.mend()
            eventually("something passes again", lambda before=passed: cut.passed > before)  # type: ignore[misc]


@pytest.mark.parametrize("kind", ["agent", "probe"])
def test_the_disk_of_a_spool_is_full(site: Site, kind: str) -> None:
    said = len(site.keeper.output(kind, 1 << 24))
    site.keeper.restart(kind)  # its files are small then: each write needs room
    begun = spooled(site.spool(kind))[0]
    eventually("it spools", lambda: spooled(site.spool(kind))[0] > begun)
    ballast = site.spool(kind) / "ballast"
    with under_load(site):
        site.wires["agent-gateway"].cut()  # or what it sends would make room
        with ballast.open("wb", buffering=0) as file, contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))
        eventually("it says so", lambda: "disk is full" in site.keeper.output(kind, 1 << 24)[said:])
        time.sleep(OUT_S)
        ballast.unlink()
        site.wires["agent-gateway"].mend()
        full = spooled(site.spool(kind))[0]
        eventually("it spools again", lambda: spooled(site.spool(kind))[0] > full)


def test_in_the_end_all_that_agent_and_probe_have_spooled_is_there_once(site: Site) -> None:
    """The last test of this file: it ends both, and counts all that they have said since they began."""
    assert set(site.keeper.stop("agent", "probe").values()) == {0}
    reports, waiting = spooled(site.spool("agent"))
    assert (reports > 10, waiting) == (True, 0)
    eventually("the archive has them all", lambda: len(agent_s_reports(site)) >= reports)
    assert len(agent_s_reports(site)) == reports
    every = dict.fromkeys(("10s", "1m", "1h", "1d"), reports)
    eventually("every tier has them all", lambda: agent_s_rows(site) == every)
    results, waiting = spooled(site.spool("probe"))
    assert (results > 10, waiting) == (True, 0)
    eventually("the archive has them all", lambda: len(probe_s_results(site)) >= results)
    found = probe_s_results(site)
    assert len(found) == results
    # A probe that was killed tells a slot as missed whose result may be there all the same: the first one counts.
    checks = {(result.monitor, result.scheduled_ms, result.attempt) for result in found}
    once = Counter(monitor for monitor, _, _ in checks)
    eventually("the table has each check once", lambda: probe_s_rows(site) == once)
    assert holes(found, 1000) == {}


def test_in_the_end_every_ledger_still_holds(site: Site) -> None:
    ledgers = sorted(site.folder.glob("ledger-*"))
    assert len(ledgers) > 5
    for path in ledgers:
        agrees(site, read_ledger(path))


def test_nobody_has_died_unasked(site: Site) -> None:
    """A part that is away is waited for. Only the parent of a cluster ends with its members."""
    assert [name for name, _ in site.keeper.died if name != "flow-endpoints"] == [], "\n".join(site.keeper.last_words)


def test_all_end_in_order(site: Site) -> None:
    codes = site.keeper.stop()
    assert codes.pop("gateway") in {0, -signal.SIGTERM}  # uvicorn ends in order, and then by the signal it was sent
    assert codes == dict.fromkeys(codes, 0)
