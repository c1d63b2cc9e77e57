"""Endpoints and alerts flow as clusters: every outage is told once, whatever is scaled or killed meanwhile."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from tests.integration.flows.draining import decoded, put
from tests.integration.flows.process import FlowProcess
from vedette.events.checks import CheckRecord
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, checks, monitors
from vedette.store.pool import Store

T0 = 1_700_000_040_000
MONITORS = 8
PLACES = ("x", "y")


class World:
    """Monitors that are all up or all down, checked from two places."""

    def __init__(self, log: Log, store: Store) -> None:
        self._log, self._store, self.slot = log, store, 0
        account = accounts.ensure_account(store, "default")
        alerts.add_rule(store, account, "Endpoint down", "endpoint_down", {"after_failures": 2})
        store.execute("UPDATE rules SET created_at = 'epoch'")  # a rule is about what happened after it was made
        alerts.add_channel(store, account, "hook", "webhook", {"url": "http://hook/"})
        names = [f"shop-{number}" for number in range(MONITORS)]
        self.monitors = [monitors.add(store, account, MonitorSpec(name=name, url="https://x/")) for name in names]

    def report(self, count: int, outcome: str) -> None:
        """That many more rounds of checks."""
        for at in range(self.slot, self.slot + count):
            ms = T0 + at * 1000
            put(
                self._log,
                CHECKS.name,
                *(
                    (str(monitor), encode_json(CheckRecord(monitor, place, ms, ms, outcome, 5.0, account=1)))  # type: ignore[arg-type]  # a literal's value
                    for monitor in self.monitors
                    for place in PLACES
                ),
            )
        self.slot += count

    def open(self) -> int:
        return len(alerts.alerts_of(self._store, 1, "firing", 1000))


@pytest.fixture
def world(log: Log, store: Store) -> World:
    return World(log, store)


def test_outages_are_told_once_by_clusters_that_grow_shrink_and_lose_members(
    log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path, world: World
) -> None:
    subjects = MONITORS * len(PLACES)
    wide = {"VEDETTE_PROCESSES": "2", "VEDETTE_WORKERS": "2"}
    alone = {"VEDETTE_PROCESSES": "1", "VEDETTE_WORKERS": "1"}
    with (
        FlowProcess("endpoints", log_url, dsn, tmp_path) as endpoints,
        FlowProcess("alerts", log_url, dsn, tmp_path) as alerting,
    ):
        world.report(5, "up")
        world.report(3, "down")
        alerting.wait_until(lambda: world.open() == subjects)
        for flow in (endpoints, alerting):
            assert flow.terminate() == 0
            flow.start(**wide)
        world.report(3, "up")
        alerting.wait_until(lambda: world.open() == 0)
        world.report(3, "down")
        alerting.wait_until(lambda: world.open() > 0)  # in the middle of them
        for flow in (endpoints, alerting):
            flow.members()[1].kill()
            assert flow.ended() == 1
            flow.start()
        for flow in (endpoints, alerting):
            flow.says("cluster_runs", 2)
        alerting.wait_until(lambda: world.open() == subjects)
        for flow in (endpoints, alerting):
            assert flow.terminate() == 0, flow.words()
            flow.start(**alone)
        world.report(3, "up")
        alerting.wait_until(lambda: world.open() == 0)
        world.report(2, "down")  # once this is told, what the last start made them do again is done
        alerting.wait_until(lambda: world.open() == subjects)
        for flow in (endpoints, alerting):
            assert flow.terminate() == 0, flow.words()
    told = store.rows(
        "SELECT body->>'event' AS event, body->'alert'->>'id' AS alert, body->'alert'->>'subject' AS subject"
        " FROM notifications ORDER BY position"
    )
    for subject in {row["subject"] for row in told}:
        events = [row["event"] for row in told if row["subject"] == subject]
        assert events == ["start", "end", "start", "end", "start"], subject
    assert len({row["subject"] for row in told}) == subjects
    assert len({row["alert"] for row in told}) == 3 * subjects
    for monitor in world.monitors:
        hours = checks.windows(store, monitor, 0, T0 * 2, hours=True)
        assert [(hour.location, hour.up, hour.down) for hour in hours] == [(place, 11, 8) for place in PLACES]
        assert len(checks.latest(store, monitor, 1000)) == world.slot * len(PLACES)
    # What was signalled again after a crash is the same as before it.
    distinct = {msgspec.json.encode(signal) for signal in decoded(log, SIGNALS.name)}
    assert len({(signal["subject"], signal["at"]) for signal in map(msgspec.json.decode, distinct)}) == len(distinct)
