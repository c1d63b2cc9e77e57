"""Flows as clusters: other numbers of processes and workers at each start, members killed, and every sum exact."""

from __future__ import annotations

from pathlib import Path

import psutil

from tests.integration.flows.draining import decoded, put
from tests.integration.flows.ledger import Ledger
from tests.integration.flows.process import FlowProcess
from vedette.events.topics import SAMPLES, SIGNALS
from vedette.log import Log
from vedette.store import accounts, alerts
from vedette.store.pool import Store

SOURCES = tuple(f"host-{number}" for number in range(12))
QUICK = {"VEDETTE_IDLE_S": "0.1"}


def shape(processes: int, workers: int) -> dict[str, str]:
    return {"VEDETTE_PROCESSES": str(processes), "VEDETTE_WORKERS": str(workers)}


def test_a_rollup_goes_from_one_worker_to_three_and_back_and_every_tier_is_exact(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    account = accounts.ensure_account(store, "default")
    alerts.add_rule(store, account, "High", "threshold", {"series": "gauge", "above": 1e9})
    ledger = Ledger(SOURCES)
    with FlowProcess("rollup", log_url, dsn, tmp_path, **QUICK) as flow:
        for at, (processes, workers) in enumerate([(1, 1), (3, 1), (2, 2), (1, 1)]):
            if at:
                flow.start(**shape(processes, workers))
            put(log, SAMPLES.name, *ledger.next(45))
            flow.wait_until(lambda: ledger.missing(store) <= 0)
            assert flow.terminate() == 0, flow.words()
    ledger.assert_kept(store)
    ledger.assert_tiers(store)
    series = {(signal["subject"], signal["at"]) for signal in decoded(log, SIGNALS.name) if signal["kind"] == "series"}
    # One for each row that was put out at the latest: the end of each start's reports is among them.
    for end in (45, 90, 135, 180):
        assert {(f"series:{source}/gauge", ledger.time(end - 1)) for source in SOURCES} <= series


def test_a_cluster_whose_member_is_killed_ends_as_a_whole_and_loses_and_doubles_nothing(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger, known = Ledger(SOURCES), 0

    def more_rows() -> bool:
        row = store.row("SELECT coalesce(sum(n), 0)::int AS n FROM rollup_10s")
        return row is not None and int(row["n"]) > known

    with FlowProcess("rollup", log_url, dsn, tmp_path, **QUICK, **shape(3, 1)) as flow:
        put(log, SAMPLES.name, *ledger.next(30))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        known = ledger.sent * len(SOURCES)
        put(log, SAMPLES.name, *ledger.next(30))
        flow.wait_until(more_rows)  # some of the new rows are written, and perhaps no snapshot is
        members = flow.members()
        members[1].kill()
        put(log, SAMPLES.name, *ledger.next(30))
        assert flow.ended() == 1
        assert not any(member.is_running() for member in members)
        assert "of the flow rollup has ended" in flow.words()
        flow.start()
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        assert flow.terminate() == 0, flow.words()
    ledger.assert_kept(store)
    ledger.assert_tiers(store)


def test_a_killed_parent_leaves_nobody_behind_and_one_member_that_is_told_to_end_ends_all_in_order(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger = Ledger(SOURCES)
    with FlowProcess("rollup", log_url, dsn, tmp_path, **shape(2, 1)) as flow:
        put(log, SAMPLES.name, *ledger.next(20))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        members = flow.members()
        flow.kill()
        _, alive = psutil.wait_procs(members, timeout=10)
        assert alive == []
        flow.start()
        put(log, SAMPLES.name, *ledger.next(20))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        with FlowProcess("rollup", log_url, dsn, tmp_path, **shape(1, 1)) as second:
            assert second.ended() == 1  # while the first one runs
            assert "a folder that no other process of a dataflow is using now" in " ".join(second.words().split())
        flow.members()[1].terminate()
        assert flow.ended() == 0, flow.words()
    ledger.assert_kept(store)
