"""Samples through two flows: a series beyond its limit becomes an alert, and its return the end of it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alerting.book import RuleBook
from tests.integration.flows.draining import drain_alerts, drain_rollup, put
from vedette.clock import SystemClock
from vedette.events.topics import SAMPLES
from vedette.log import Log
from vedette.store import accounts, alerts, roles
from vedette.store.pool import Store

T0 = 1_700_000_040_000


@pytest.fixture(autouse=True)
def _rule(store: Store) -> None:
    account = accounts.ensure_account(store, "default")
    config = {"series": 'cpu{source="web"}', "above": 0.9, "for_s": 20}
    alerts.add_rule(store, account, "Busy", "threshold", config)
    store.execute("UPDATE rules SET created_at = 'epoch'")  # a rule is about what happened after it was made


def run(log: Log, store: Store, folder: Path, source: str, values: dict[int, float]) -> list[str]:
    """Report each value at its second, one at a time through both flows; the alerts' titles and states."""
    for at, value in values.items():
        body = {"source": source, "epoch": 1, "seq": at, "ts": T0 + at * 1000, "values": {"cpu": value}}
        put(log, SAMPLES.name, (source, msgspec.json.encode({**body, "interval_ms": 10_000})))
        drain_rollup(log, store, folder, RuleBook(store, SystemClock()).watch)
    drain_alerts(log, store, folder)
    return [f"{alert['title']}: {alert['state']}" for alert in alerts.alerts_of(store, 1, None, 10)]


def test_a_series_that_stays_above_its_limit_is_an_alert_until_it_is_back(
    log: Log, store: Store, tmp_path: Path
) -> None:
    title = "cpu of web is above 0.9 (it is 0.97)"
    assert run(log, store, tmp_path, "web", {0: 0.95, 10: 0.96, 20: 0.97}) == [f"{title}: firing"]
    assert run(log, store, tmp_path, "web", {30: 0.98, 40: 0.5}) == [f"{title}: resolved"]


def test_a_short_peak_is_no_alert(log: Log, store: Store, tmp_path: Path) -> None:
    assert run(log, store, tmp_path, "web", {0: 0.95, 10: 0.5, 20: 0.95}) == []


def test_another_source_is_no_alert(log: Log, store: Store, tmp_path: Path) -> None:
    assert run(log, store, tmp_path, "db", {0: 0.95, 10: 0.96, 20: 0.97}) == []


def test_a_rule_about_a_role_is_about_its_hosts_and_ends_for_one_that_loses_it(
    log: Log, store: Store, tmp_path: Path
) -> None:
    store.execute("UPDATE rules SET config = jsonb_set(config, '{series}', to_jsonb('cpu{role=\"front\"}'::text))")
    roles.put_role(store, 1, "front", 0, {}, "")
    roles.set_roles(store, 1, "web", ["front"])
    title = "cpu of web is above 0.9 (it is 0.97)"
    assert run(log, store, tmp_path, "db", {0: 0.95, 10: 0.96, 20: 0.97}) == []
    assert run(log, store, tmp_path, "web", {0: 0.95, 10: 0.96, 20: 0.97}) == [f"{title}: firing"]
    roles.set_roles(store, 1, "web", [])
    assert run(log, store, tmp_path, "web", {30: 0.98}) == [f"{title}: resolved"]
