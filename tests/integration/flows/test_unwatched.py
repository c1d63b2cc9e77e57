"""Monitors that nobody checks any more, from the last results in the log to the alert, and to its end."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from alerting.defaults import default_rules
from tests.integration.flows.draining import decoded, drain_alerts, drain_endpoints, put
from vedette.events.checks import CheckRecord
from vedette.events.codec import encode_json
from vedette.events.pings import Listening, encode_ping
from vedette.events.topics import CHECKS, PINGS, SIGNALS
from vedette.log import Log, Record
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors, outage_states
from vedette.store.pool import Store


class Punctual:
    """A log that took everything at the time that stands in it: of the past, too."""

    def __init__(self, log: Log) -> None:
        self._log = log

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read(self, topic: str, *rest: Any) -> list[Record]:
        return [record._replace(time_ms=_said_ms(record)) for record in self._log.read(topic, *rest)]


def _said_ms(record: Record) -> int:
    said = msgspec.json.decode(record.value)
    return int(said["at_ms"] if "at_ms" in said else said["started_ms"])


@pytest.fixture
def account(store: Store) -> int:
    found = accounts.ensure_account(store, "default")
    for rule in default_rules():
        config = rule.model_dump(mode="json", exclude={"name", "kind"})
        alerts.add_rule(store, found, rule.name, rule.kind, config)
    alerts.add_rule(store, found, "Of before", "outage", {})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    return found


class Past:
    """The log of a gateway that has listened for a while, and of probes that have not gone on for so long."""

    def __init__(self, log: Log) -> None:
        self.log, self.now_ms = log, time.time_ns() // 1_000_000

    def checks(self, ago_s: int, *monitors: int) -> None:
        at = self.now_ms - ago_s * 1000
        results = [CheckRecord(monitor, place, at, at, "up", account=1) for monitor in monitors for place in "ab"]
        put(self.log, CHECKS.name, *[(str(result.monitor), encode_json(result)) for result in results])

    def listened(self, begin_s: int, end_s: int) -> None:
        said = [Listening(self.now_ms - ago * 1000) for ago in range(begin_s, end_s - 1, -10)]
        put(self.log, PINGS.name, *[("listening", encode_ping(one)) for one in said])


def run(log: Log, store: Store, folder: Path) -> None:
    drain_endpoints(cast("Log", Punctual(log)), store, folder)
    drain_alerts(log, store, folder)


def told(store: Store, account: int) -> list[tuple[str, str, str, str]]:
    rows = alerts.alerts_of(store, account, None, 100)
    return sorted((row["rule_name"], row["subject"], row["state"], row["title"]) for row in rows)


def test_the_rules_of_a_first_start_call_when_all_probes_are_gone_and_stop_when_they_are_back(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    spec, other = (MonitorSpec(name=name, url="https://shop.example") for name in ("shop", "other"))
    shop, paused = monitors.add(store, account, spec), monitors.add(store, account, other)
    store.execute("UPDATE monitors SET changed_at = 'epoch'")
    past = Past(log)
    past.checks(600, shop, paused)
    past.listened(660, 420)
    run(log, store, tmp_path)
    assert told(store, account) == []  # 180 s
    monitors.change(store, account, paused, other.model_copy(update={"paused": True}))
    past.listened(410, 0)
    run(log, store, tmp_path)
    whole = f"monitor:{shop}"
    words = "nobody checks shop: no probe has reported for 3 minutes"
    assert told(store, account) == [("Outage", whole, "firing", words)]
    (row,) = alerts.alerts_of(store, account, None, 100)
    assert (row["started_ms"], row["severity"]) == (past.now_ms - 410_000, "critical")
    run(log, store, tmp_path / "again")  # a flow that has lost its state says the same
    assert told(store, account) == [("Outage", whole, "firing", words)]
    past.checks(0, shop)
    run(log, store, tmp_path)
    assert told(store, account) == [("Outage", whole, "resolved", words)]
    assert outage_states.states_of(store, account)[shop]["state"] == "up"
    states = [signal["state"] for signal in decoded(log, SIGNALS.name) if signal["subject"] == whole]
    assert states[-2:] == ["unknown", "up"]


def test_nobody_is_called_while_no_gateway_could_have_heard(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop = monitors.add(store, account, MonitorSpec(name="shop", url="https://shop.example"))
    store.execute("UPDATE monitors SET changed_at = 'epoch'")
    past = Past(log)
    past.checks(3_600, shop)
    past.listened(3_660, 3_580)
    past.listened(170, 0)  # it has come back, and spools may still come
    run(log, store, tmp_path)
    assert told(store, account) == []
