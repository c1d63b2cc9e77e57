"""What waits before it is an alert: pending and suppressed, through the alerts flow into a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.integration.flows.draining import drain_alerts, put
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store
from vedette.store.waits import waits_of_account

T0 = 1_700_000_000_000


@pytest.fixture
def account(store: Store) -> int:
    """An account with a monitor and two rules."""
    found = accounts.ensure_account(store, "default")
    monitors.add(store, found, MonitorSpec(name="shop", url="http://shop.example/"))
    alerts.add_rule(store, found, "Hot", "threshold", {"series": "cpu", "above": 0.9, "for_s": 60})
    alerts.add_rule(store, found, "Outage", "outage", {})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    return found


def cpu(second: int, value: float) -> tuple[str, bytes]:
    signal = Signal("series", 1, "series:web/cpu", T0 + second * 1000, value=value)
    return "1/series:web/cpu", encode_json(signal)


def monitor(second: int, state: str, **detail: Any) -> tuple[str, bytes]:
    signal = Signal("monitor", 1, "monitor:1", T0 + second * 1000, state, detail={"monitor": 1, **detail})
    return "1/monitor:1", encode_json(signal)


def told(store: Store, account: int) -> list[tuple[str, str, int, int | None, str | None]]:
    """Rule, state, begin and end in seconds, and outcome of each wait, the oldest first."""
    rows = waits_of_account(store, account, None, ended=True, limit=100)
    return sorted(
        (
            row["rule_name"], row["state"], (row["since_ms"] - T0) // 1000,
            None if row["ended_ms"] is None else (row["ended_ms"] - T0) // 1000, row["outcome"],
        )
        for row in rows
    )  # fmt: skip


def test_a_condition_waits_until_it_fires_or_lapses(log: Log, store: Store, account: int, tmp_path: Path) -> None:
    signals = [cpu(0, 0.95), cpu(30, 0.5), cpu(60, 0.95), cpu(90, 0.95)]
    put(log, SIGNALS.name, *signals)
    drain_alerts(log, store, tmp_path)
    lapsed = ("Hot", "pending", 0, 30, "lapsed")
    assert told(store, account) == [lapsed, ("Hot", "pending", 60, None, None)]
    [one] = waits_of_account(store, account, "pending", ended=False, limit=10)
    assert (one["subject"], one["title"]) == ("series:web/cpu", "cpu of web is above 0.9 (it is 0.95)")
    assert alerts.alerts_of(store, account, None, 10) == []
    put(log, SIGNALS.name, cpu(120, 0.95))
    drain_alerts(log, store, tmp_path)
    assert told(store, account) == [lapsed, ("Hot", "pending", 60, 120, "fired")]
    assert len(alerts.alerts_of(store, account, "firing", 10)) == 1


def test_who_lost_the_snapshots_begins_and_ends_nothing_twice(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    put(log, SIGNALS.name, cpu(0, 0.95), cpu(30, 0.5), cpu(60, 0.95), cpu(90, 0.95))
    for name in ("one", "other"):
        drain_alerts(log, store, tmp_path / name)
    assert told(store, account) == [("Hot", "pending", 0, 30, "lapsed"), ("Hot", "pending", 60, None, None)]


def test_what_is_down_in_maintenance_is_suppressed_and_fires_afterwards(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    put(log, SIGNALS.name, monitor(0, "up"), monitor(10, "down", maintenance=1))
    drain_alerts(log, store, tmp_path)
    assert told(store, account) == [("Outage", "suppressed", 10, None, None)]
    [one] = waits_of_account(store, account, "suppressed", ended=False, limit=10)
    assert (one["why"], one["title"]) == ("maintenance", "shop is down at None")
    put(log, SIGNALS.name, monitor(20, "down"))
    drain_alerts(log, store, tmp_path)
    assert told(store, account) == [("Outage", "suppressed", 10, 20, "fired")]
    put(log, SIGNALS.name, monitor(30, "up"), monitor(40, "down", suppressed_by=7), monitor(50, "up"))
    drain_alerts(log, store, tmp_path)
    assert told(store, account)[1:] == [("Outage", "suppressed", 40, 50, "lapsed")]


def test_of_a_monitor_and_of_a_rule_that_are_removed_nothing_waits(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    put(log, SIGNALS.name, monitor(0, "up"), monitor(10, "down", maintenance=1), cpu(0, 0.95))
    drain_alerts(log, store, tmp_path)
    assert len(waits_of_account(store, account, None, ended=False, limit=10)) == 2
    monitors.remove(store, account, 1)
    assert [row["state"] for row in waits_of_account(store, account, None, ended=False, limit=10)] == ["pending"]
    store.execute("DELETE FROM rules WHERE name = 'Hot'")
    assert waits_of_account(store, account, None, ended=False, limit=10) == []
