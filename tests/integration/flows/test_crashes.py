"""Flows that are killed in the middle of a stream, several times, and lose and double nothing."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.integration.flows.draining import decoded, put
from tests.integration.flows.ledger import Ledger
from tests.integration.flows.process import FlowProcess
from vedette.events.checks import CheckRecord
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS, SAMPLES, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, checks, monitors
from vedette.store.pool import Store

T0 = 1_700_000_040_000


def test_a_rollup_that_is_killed_in_the_middle_keeps_every_count_and_sum(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger, known = Ledger(), 0

    def more_rows() -> bool:
        row = store.row("SELECT coalesce(sum(n), 0)::int AS n FROM rollup_10s")
        return row is not None and int(row["n"]) > known

    put(log, SAMPLES.name, *ledger.next(40))
    with FlowProcess("rollup", log_url, dsn, tmp_path) as flow:
        for _ in range(4):
            known = ledger.sent * len(ledger.sources)
            put(log, SAMPLES.name, *ledger.next(25))
            flow.wait_until(more_rows)  # some of the new rows are written, and perhaps no snapshot is
            flow.kill()
            put(log, SAMPLES.name, *ledger.next(25))
            flow.start()
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        assert flow.terminate() == 0
    ledger.assert_kept(store)


def test_a_rollup_that_is_told_to_end_writes_what_it_has_read(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    ledger = Ledger()
    with FlowProcess("rollup", log_url, dsn, tmp_path) as flow:
        for _ in range(2):
            put(log, SAMPLES.name, *ledger.next(45))
            flow.wait_until(lambda: ledger.missing(store) <= 0)
            assert flow.terminate() == 0
            flow.start()
    ledger.assert_kept(store)


@pytest.fixture
def monitor(store: Store) -> int:
    """A monitor with a rule and a channel."""
    account = accounts.ensure_account(store, "default")
    alerts.add_rule(store, account, "Endpoint down", "endpoint_down", {"after_failures": 2})
    store.execute("UPDATE rules SET created_at = 'epoch'")  # a rule is about what happened after it was made
    alerts.add_channel(store, account, "hook", "webhook", {"url": "http://hook/"})
    return monitors.add(store, account, MonitorSpec(name="shop", url="https://shop.example"))


def test_outages_are_told_once_though_endpoints_and_alerts_flow_are_killed(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path, monitor: int
) -> None:
    slot = 0

    def report(count: int, outcome: str) -> None:
        nonlocal slot
        results = [
            CheckRecord(monitor, "x", T0 + at * 1000, T0 + at * 1000, outcome, 5.0, account=1)  # type: ignore[arg-type]
            for at in range(slot, slot + count)
        ]
        put(log, CHECKS.name, *((str(monitor), encode_json(result)) for result in results))
        slot += count

    def alerts_open() -> int:
        return len(alerts.alerts_of(store, 1, "firing", 100))

    episodes = 2
    with (
        FlowProcess("endpoints", log_url, dsn, tmp_path) as endpoints,
        FlowProcess("alerts", log_url, dsn, tmp_path) as alerting,
    ):
        for _ in range(episodes):
            report(5, "up")
            report(4, "down")
            alerting.wait_until(lambda: alerts_open() == 1)
            for flow in (endpoints, alerting):
                flow.kill()
                flow.start()
            report(3, "up")
            alerting.wait_until(lambda: alerts_open() == 0)
            for flow in (alerting, endpoints):
                flow.kill()
                flow.start()
        report(2, "down")  # once this is told, both flows have done again what the last crash made them forget
        alerting.wait_until(lambda: alerts_open() == 1)
        endpoints.wait_until(lambda: len(checks.latest(store, monitor, 1000)) == slot)
    told = store.rows(
        "SELECT body->>'event' AS event, body->'alert'->>'id' AS alert FROM notifications ORDER BY position"
    )
    assert [row["event"] for row in told] == [*["start", "end"] * episodes, "start"]
    assert len({row["alert"] for row in told}) == episodes + 1
    (hour,) = checks.windows(store, monitor, 0, T0 * 2, hours=True)
    assert (hour.up, hour.down) == (8 * episodes, 4 * episodes + 2)
    # What was signalled again after a crash is the same as before it.
    distinct = {msgspec.json.encode(signal) for signal in decoded(log, SIGNALS.name)}
    told_of = [(signal["subject"], signal["at"]) for signal in map(msgspec.json.decode, distinct)]
    assert len(set(told_of)) == len(told_of)
