"""Timers of the alerts flow: what goes off is written into the log, and decides when it is read back from there."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from alerting import machine
from alerting.book import RuleBook
from dataflows import alerts as flow
from dataflows.running import run
from tests.integration.flows.draining import decoded, drain_alerts, put
from tests.patience import PATIENCE_S
from vedette.clock import SystemClock
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import ALERTS, SIGNALS
from vedette.log import Log
from vedette.store import accounts, alerts
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, write


def series(at: int, value: float) -> tuple[str, bytes]:
    signal = Signal("series", 1, "series:web/cpu", at, value=value)
    return "1/series:web/cpu", encode_json(signal)


def test_an_alert_of_a_silent_host_is_unknown_nobody_is_told_and_a_replay_decides_the_same(
    log: Log, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(machine, "QUIET_MS", 1)
    account = accounts.ensure_account(store, "default")
    alerts.add_rule(store, account, "high", "threshold", {"series": "cpu", "above": 10})
    alerts.add_channel(store, account, "a", "webhook", {"url": "http://a/"})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    hour_ago = SystemClock().now_ms() - 3_600_000
    write(store, Catalogue({}, [], [SourceRow(5, account, "web", 1_000, hour_ago)]), [])
    # The log takes it now, so the host's clock is an hour behind; and it is silent as soon as that is a minute ago.
    put(log, SIGNALS.name, series(hour_ago + 60_000, 11))
    deadline = time.monotonic() + PATIENCE_S

    def doubted() -> bool:
        rows = store.rows("SELECT 1 FROM alerts WHERE unknown_since IS NOT NULL")
        return bool(rows) or time.monotonic() > deadline

    clock = SystemClock()
    run(flow.build(log, store, clock, book=RuleBook(store, clock), stop=doubted), tmp_path / "one", 0.1)
    (alert,) = alerts.alerts_of(store, account, "firing", 10)
    assert alert["unknown_since_ms"] is not None
    words = [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "timer"]
    assert {(word["state"], word["subject"]) for word in words} == {("silent", "series:web/cpu")}

    monkeypatch.setattr(machine, "QUIET_MS", 3_600_000)
    before = decoded(log, ALERTS.name)
    drain_alerts(log, store, tmp_path / "two")
    again = decoded(log, ALERTS.name)
    assert {event["id"] for event in again} == {event["id"] for event in before}
    put(log, SIGNALS.name, series(hour_ago + 70_000, 12))
    drain_alerts(log, store, tmp_path / "two")
    (alert,) = alerts.alerts_of(store, account, "firing", 10)
    assert alert["unknown_since_ms"] is None
    put(log, SIGNALS.name, series(hour_ago + 80_000, 9))
    drain_alerts(log, store, tmp_path / "two")
    rows = store.rows("SELECT state FROM alert_transitions ORDER BY at")
    assert [row["state"] for row in rows] == ["firing", "unknown", "known", "resolved"]
    told = store.rows("SELECT body->>'event' AS event FROM notifications ORDER BY position")
    assert [row["event"] for row in told] == ["start", "end"]
