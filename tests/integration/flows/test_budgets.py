"""Error budgets through the flows: from checks in a real log to an alert, over restarts and from old snapshots."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

from dataflows.endpoints import EndpointLogic, Results
from dataflows.policies import PolicyBook
from tests.integration.flows.draining import decoded, drain_alerts, drain_endpoints, put
from vedette.clock import SystemClock
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS, SIGNALS
from vedette.log import Log
from vedette.maintenance import OnceSpec
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, maintenance, monitors
from vedette.store.pool import Store
from vedette.windows.endpoint import EndpointShard
from vedette.windows.outages import OutageShard

T0 = 1_700_000_000_000 - 1_700_000_000_000 % 3_600_000


def record(monitor: int, second: int, outcome: Outcome = "up", **fields: Any) -> CheckRecord:
    at = T0 + second * 1000
    return CheckRecord(monitor, "x", at, at, outcome, 10.0, account=1, **fields)


def message(one: CheckRecord) -> tuple[str, bytes]:
    return str(one.monitor), encode_json(one)


def budgets(log: Log) -> list[dict[str, Any]]:
    return [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "budget"]


def add(store: Store, name: str) -> tuple[int, int]:
    account = accounts.ensure_account(store, "default")
    return account, monitors.add(store, account, MonitorSpec(name=name, url="https://shop.example"))


def hour(monitor: int, bad: range, since: int = 0) -> list[tuple[str, bytes]]:
    """A check each 10 s for an hour from second `since` on, and those of the seconds of `bad` fail."""
    return [message(record(monitor, s, "down" if s in bad else "up")) for s in range(since, since + 3600, 10)]


def test_a_burn_becomes_an_alert_that_ends_and_neither_rechecks_nor_repeats_nor_restarts_count(
    log: Log, store: Store, tmp_path: Path
) -> None:
    account, shop = add(store, "shop")
    alerts.add_rule(store, account, "burn", "burn_rate", {"pairs": ["1h/5m:14.4"]})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    checks = hour(shop, range(1200, 1280, 10))
    put(log, CHECKS.name, *hour(shop, range(0), -3600), *checks[:125])
    drain_endpoints(log, store, tmp_path)
    again = [message(record(shop, 1240, "down", attempt=2)), *checks[120:125]]
    put(log, CHECKS.name, *again, *checks[125:140])
    drain_endpoints(log, store, tmp_path)
    drain_alerts(log, store, tmp_path)
    (alert,) = alerts.alerts_of(store, account, "firing", 10)
    # The minute from second 1200 on has 6 failures among the 360 checks of the hour until then: 1.67 %.
    assert alert["title"].startswith("shop burns its error budget 16.7 times too fast over 1h and 5m: 2.3% of 30 days")
    put(log, CHECKS.name, *checks[140:])
    drain_endpoints(log, store, tmp_path)
    drain_alerts(log, store, tmp_path)
    assert alerts.alerts_of(store, account, "firing", 10) == []
    last = budgets(log)[-1]
    assert (last["at"], last["detail"]["budget"].split()[2]) == (T0 + 3_300_000, "1h=360/8/8")


def test_a_good_monitor_and_one_in_maintenance_say_nothing(log: Log, store: Store, tmp_path: Path) -> None:
    account, shop = add(store, "shop")
    _, mail = add(store, "mail")
    window = OnceSpec(name="now", kind="once", from_ms=T0, to_ms=T0 + 3_600_000, monitors=[mail])
    maintenance.add_window(store, account, window.name, window.monitors, window.config())
    put(log, CHECKS.name, *hour(shop, range(0)), *hour(mail, range(600)))
    drain_endpoints(log, store, tmp_path)
    assert budgets(log) == []


def test_snapshots_from_before_budgets_load_and_counting_begins(store: Store) -> None:
    _, shop = add(store, "shop")
    clock = SystemClock()
    for old in (EndpointShard(), (EndpointShard(), OutageShard())):
        logic = EndpointLogic(PolicyBook(store, clock), clock, 1, lambda gaps: [], lambda *check: (), pickle.dumps(old))
        checks = [record(shop, 0, "down"), record(shop, 60)]
        written, _ = logic.on_batch([Results([(one.started_ms + 20, one) for one in checks])])
        (signal,) = [one for part in written for one in part.signals if one.kind == "budget"]
        assert (signal.state, signal.at) == ("spent", T0 + 60_000)
        again = EndpointLogic(PolicyBook(store, clock), clock, 1, lambda gaps: [], lambda *check: (), logic.snapshot())
        later = [record(shop, 61, "down"), record(shop, 360)]
        written, _ = again.on_batch([Results([(one.started_ms + 20, one) for one in later])])
        (signal,) = [one for part in written for one in part.signals if one.kind == "budget"]
        assert str(signal.detail["budget"]).startswith("5m=2/1/1")
