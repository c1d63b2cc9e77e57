"""A host whose clock is set back by hours raises alerts all the same, through the real flows."""

from __future__ import annotations

from pathlib import Path

import msgspec

from alerting.book import RuleBook
from tests.integration.flows.draining import drain_alerts, drain_rollup, put
from vedette.clock import SystemClock
from vedette.events.topics import SAMPLES
from vedette.log import Log
from vedette.store import accounts, alerts
from vedette.store.pool import Store

T0 = 1_700_000_000_000
HOUR_MS = 3_600_000


def report(log: Log, seq: int, ts: int, load: float) -> None:
    body = {"source": "web", "epoch": 1, "seq": seq, "ts": ts, "interval_ms": 10_000, "values": {"load": load}}
    put(log, SAMPLES.name, ("web", msgspec.json.encode(body)))


def drain(log: Log, store: Store, folder: Path) -> list[tuple[str, int]]:
    """The alerts, by state and start, after the flows have read everything."""
    drain_rollup(log, store, folder, RuleBook(store, SystemClock()).watch)
    drain_alerts(log, store, folder)
    rows = store.rows("SELECT state, (extract(epoch FROM started_at) * 1000)::bigint AS at FROM alerts ORDER BY at")
    return [(row["state"], row["at"]) for row in rows]


def test_rules_of_a_host_whose_clock_is_set_back_go_on(log: Log, store: Store, tmp_path: Path) -> None:
    account = accounts.ensure_account(store, "default")
    alerts.add_rule(store, account, "high", "threshold", {"series": "load", "above": 10})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    for n in range(3):
        report(log, n + 1, T0 + n * 10_000, 1.0)
    assert drain(log, store, tmp_path) == []
    back = T0 - 3 * HOUR_MS
    for n in range(3):
        report(log, n + 4, back + n * 10_000, 20.0 if n == 2 else 1.0)
    assert drain(log, store, tmp_path) == [("firing", back + 20_000)]
    report(log, 7, back + 30_000, 1.0)
    assert drain(log, store, tmp_path) == [("resolved", back + 20_000)]
    row = store.row("SELECT (extract(epoch FROM last_seen) * 1000)::bigint AS ms FROM sources")
    assert row is not None
    assert row["ms"] == back + 30_000, "by its own clock"
