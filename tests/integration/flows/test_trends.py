"""The trends flow: from checks in a real log to changes in a real database, to signals, and to an alert."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from bytewax.errors import BytewaxRuntimeError

from tests.integration.flows.draining import decoded, drain_alerts
from tests.integration.flows.process import FlowProcess
from tests.integration.flows.trend_fleet import BUCKET_MS, BUCKETS, HOUR_MS, TrendFleet
from vedette.events.topics import SIGNALS
from vedette.log import Log, Record
from vedette.maintenance import OnceSpec
from vedette.store import alerts, checks, maintenance, monitors, trends
from vedette.store.checks import CheckBatch
from vedette.store.incidents import IncidentRow
from vedette.store.pool import Store

EVER = (0, 1 << 41)


@pytest.fixture
def fleet(log: Log, store: Store, tmp_path: Path) -> TrendFleet:
    found = TrendFleet(store, log, tmp_path / "log")
    found.write_history()
    return found


def changes(fleet: TrendFleet) -> list[dict[str, Any]]:
    return trends.changes_of(fleet.store, fleet.account, *EVER)


def signals(log: Log) -> list[dict[str, Any]]:
    return [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "trend"]


def test_a_drop_is_found_located_signalled_and_alerted_and_quiet_monitors_stay_quiet(
    fleet: TrendFleet, log: Log, log_url: str, store: Store, dsn: str, tmp_path: Path
) -> None:
    alerts.add_rule(store, fleet.account, "slower", "trend", {"minimum": 0.01})
    alerts.add_rule(store, fleet.account, "faster", "trend", {"direction": "up"})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    alerts.add_channel(store, fleet.account, "hook", "webhook", {"url": "http://hook/"})
    fleet.write_checks(drops=2)
    with FlowProcess("trends", log_url, dsn, tmp_path) as flow:
        flow.wait_until(fleet.is_judged)
        assert flow.terminate() == 0
    (row,) = changes(fleet)
    assert (row["monitor"], row["kind"], row["direction"], row["state"]) == (fleet.ids[2], "step", "down", "open")
    assert abs(row["start_ms"] - fleet.drop_ms) <= 6 * BUCKET_MS
    assert row["size"] == pytest.approx(-0.08, abs=0.04)
    assert row["expected"] == pytest.approx(0.955, abs=0.01)
    (signal,) = signals(log)
    assert (signal["subject"], signal["state"], signal["at"]) == (f"monitor:{fleet.ids[2]}", "down", row["found_ms"])
    standing = trends.standing_of(store, fleet.ids[0])
    assert standing is not None
    assert standing["learned"] > 8000
    assert len(standing["profile"]) == 168
    drain_alerts(log, store, tmp_path)
    (alert,) = alerts.alerts_of(store, fleet.account, "firing", 10)
    assert (alert["rule_name"], alert["value"]) == ("slower", row["size"])
    assert alert["title"].startswith("the Apdex of shop 2 moved by -0.")
    told = store.rows("SELECT body->>'event' AS event FROM notifications")
    assert [one["event"] for one in told] == ["start"]


class Crash(Exception):
    """The end of a flow in the middle."""


class ShortReads:
    """A log that gives few messages at a time, and breaks when `broken` says so."""

    def __init__(self, log: Log, broken: Callable[[], bool]) -> None:
        self._log, self._broken = log, broken

    def __getattr__(self, name: str) -> Any:
        return getattr(self._log, name)

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        if self._broken():
            raise Crash
        return self._log.read(topic, partition, offset, min(max_messages, 20))


def test_a_flow_that_crashes_again_and_again_finds_the_same_as_one_that_does_not(
    fleet: TrendFleet, log: Log, store: Store, tmp_path: Path
) -> None:
    fleet.write_checks(drops=1, seed=4)
    fleet.run(tmp_path / "undisturbed")
    expected, told = changes(fleet), signals(log)
    assert len(expected) == 1
    store.execute("TRUNCATE trend_changes, trend_standings")
    for share in (0.2, 0.55, 0.7):
        reached = fleet.begin_ms + round(share * BUCKETS) * BUCKET_MS
        fleet.log = cast("Log", ShortReads(log, lambda reached=reached: fleet.judged_until() >= reached))  # type: ignore[misc]
        with pytest.raises(BytewaxRuntimeError):
            fleet.run(tmp_path / "disturbed", epoch_s=0.01)
        assert not fleet.is_judged(), (share, fleet.judged_until() - reached)
    fleet.log = log
    fleet.run(tmp_path / "disturbed")
    assert changes(fleet) == expected
    assert {msgspec.json.encode(signal) for signal in signals(log)} == {msgspec.json.encode(signal) for signal in told}


def test_incidents_and_maintenance_are_no_drops(fleet: TrendFleet, store: Store, tmp_path: Path) -> None:
    fleet.write_checks(drops=3, seed=5)
    end = fleet.begin_ms + (BUCKETS + 12) * BUCKET_MS
    window = OnceSpec(name="now", kind="once", from_ms=fleet.drop_ms, to_ms=end, monitors=[fleet.ids[3]])
    maintenance.add_window(store, fleet.account, window.name, window.monitors, window.config())
    row = IncidentRow(
        1, fleet.account, fleet.ids[0], fleet.begin_ms, fleet.begin_ms + 5, fleet.begin_ms + 10 * BUCKET_MS, "ended",
        "down", "status", None, None, {}, [], False, None, 2,
    )  # fmt: skip
    checks.write(store, [CheckBatch((), (), (), (), [row])])
    fleet.run(tmp_path / "recovery")
    assert changes(fleet) == []


def test_a_removed_monitor_leaves_nothing_behind(fleet: TrendFleet, store: Store, tmp_path: Path) -> None:
    fleet.write_checks(drops=2)
    fleet.run(tmp_path / "recovery")
    monitors.remove(store, fleet.account, fleet.ids[2])
    assert changes(fleet) == []
    assert trends.standing_of(store, fleet.ids[2]) is None


def test_hours_of_incidents_are_not_begun_from(fleet: TrendFleet, store: Store) -> None:
    day = fleet.begin_ms - 24 * HOUR_MS
    one = fleet.ids[0]
    row = IncidentRow(
        1, fleet.account, one, day + 5, day + 10, day + 2 * HOUR_MS + 5, "ended", "down", "x", None, None, {}, [],
        False, None, 2,
    )  # fmt: skip
    partial = row._replace(id=2, started_ms=day + 6 * HOUR_MS, confirmed_ms=None, ended_ms=day + 6 * HOUR_MS + 60_000)
    checks.write(store, [CheckBatch((), (), (), (), [row, partial])])
    found = trends.hour_sums(store, [one], day, day + 12 * HOUR_MS)
    assert [(sums.hour_ms - day) // HOUR_MS for sums in found] == list(range(3, 12))
    assert found[0] == (one, day + 3 * HOUR_MS, 500, (166, 12, 2))
