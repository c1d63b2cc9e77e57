"""Outages that a pause, another list of locations or a removal ends, from the definition to the alert."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.integration.flows.draining import decoded, drain_alerts, drain_endpoints, put
from tests.integration.flows.process import FlowProcess
from vedette.events.checks import CheckRecord, Outcome
from vedette.events.codec import encode_json
from vedette.events.topics import CHECKS, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, incidents, monitors, outage_states
from vedette.store.pool import Store

EVER = (0, 1 << 42)


@pytest.fixture
def account(store: Store) -> int:
    found = accounts.ensure_account(store, "default")
    alerts.add_rule(store, found, "Outage", "outage", {})
    alerts.add_rule(store, found, "Endpoint down", "endpoint_down", {})
    return found


def spec(**fields: Any) -> MonitorSpec:
    return MonitorSpec(name="shop", url="https://shop.example", **fields)


def seen(log: Log, monitor: int, outcome: Outcome, places: Sequence[str] = "ab") -> None:
    """What these places see just now."""
    now = time.time_ns() // 1_000_000
    results = [CheckRecord(monitor, place, now, now, outcome, account=1) for place in places]
    put(log, CHECKS.name, *[(str(monitor), encode_json(result)) for result in results])


def run(log: Log, store: Store, folder: Path) -> None:
    """All that the log holds, through both flows."""
    drain_endpoints(log, store, folder)
    drain_alerts(log, store, folder)


def states(store: Store, account: int) -> dict[str, str]:
    return {alert["subject"]: alert["state"] for alert in alerts.alerts_of(store, account, None, 100)}


def test_a_pause_ends_incident_and_alerts_and_a_failure_after_it_calls_again(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop = monitors.add(store, account, spec())
    whole, place = f"monitor:{shop}", f"monitor:{shop}@a"
    seen(log, shop, "down")
    run(log, store, tmp_path)
    assert states(store, account) == dict.fromkeys((whole, place, f"monitor:{shop}@b"), "firing")
    monitors.change(store, account, shop, spec(paused=True))
    run(log, store, tmp_path)
    assert set(states(store, account).values()) == {"resolved"}
    (row,) = incidents.incidents_of(store, account, *EVER)
    assert (row["state"], row["confirmed_ms"] is not None) == ("ended", True)
    changed = store.row("SELECT (extract(epoch FROM changed_at) * 1000)::bigint AS ms FROM monitors")
    assert changed is not None
    assert row["ended_ms"] == changed["ms"]
    assert outage_states.states_of(store, account)[shop]["state"] == "paused"
    seen(log, shop, "down")  # a probe that has not heard of it
    run(log, store, tmp_path)
    assert set(states(store, account).values()) == {"resolved"}
    monitors.change(store, account, shop, spec())
    seen(log, shop, "down")
    run(log, store, tmp_path)
    assert len(incidents.incidents_of(store, account, *EVER)) == 2
    assert [a["state"] for a in alerts.alerts_of(store, account, "firing", 100)] == ["firing"] * 3


def test_a_place_that_no_longer_checks_ends_its_alert_and_the_others_keep_theirs(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop = monitors.add(store, account, spec())
    seen(log, shop, "down", "ab")
    run(log, store, tmp_path)
    monitors.change(store, account, shop, spec(locations=["b", "c"]))
    run(log, store, tmp_path)
    assert states(store, account) == {
        f"monitor:{shop}": "resolved",  # one of two is no quorum
        f"monitor:{shop}@a": "resolved",
        f"monitor:{shop}@b": "firing",
    }
    found = outage_states.states_of(store, account)[shop]
    (row,) = incidents.incidents_of(store, account, *EVER)
    assert (found["state"], found["incident"], row["ended_ms"]) == ("partial", row["id"], None)


def test_a_removed_monitor_leaves_nothing_whatever_still_comes_of_it(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop, other = (
        monitors.add(store, account, spec()),
        monitors.add(store, account, MonitorSpec(name="x", url="http://x")),
    )
    seen(log, shop, "down")
    seen(log, other, "up")
    run(log, store, tmp_path)
    monitors.remove(store, account, shop)
    seen(log, shop, "down")
    run(log, store, tmp_path)
    assert set(states(store, account).values()) == {"resolved"}
    for table in ("incidents", "outage_states", "check_results", "monitor_states", "check_rollup_1m"):
        assert store.rows(f"SELECT monitor_id FROM {table} WHERE monitor_id = %s", shop) == []
    assert set(outage_states.states_of(store, account)) == {other}


def test_a_flow_that_was_killed_before_it_heard_of_the_pause_ends_the_same_incident(
    log: Log, log_url: str, store: Store, dsn: str, account: int, tmp_path: Path
) -> None:
    shop = monitors.add(store, account, spec())

    def shown(state: str) -> bool:
        return outage_states.states_of(store, account).get(shop, {}).get("state") == state

    with FlowProcess("endpoints", log_url, dsn, tmp_path) as flow:
        seen(log, shop, "up")
        flow.wait_until(lambda: shown("up"))
        seen(log, shop, "down")
        flow.wait_until(lambda: shown("down"))
        flow.kill()
        monitors.change(store, account, shop, spec(paused=True))
        flow.start()
        flow.wait_until(lambda: shown("paused"))
        assert flow.terminate() == 0
    (row,) = incidents.incidents_of(store, account, *EVER)
    assert (row["state"], row["ended_ms"] is not None) == ("ended", True)
    whole = [signal for signal in decoded(log, SIGNALS.name) if signal["kind"] == "monitor"]
    told = [signal["state"] for signal in whole if signal["subject"] == f"monitor:{shop}"]
    assert (told.count("paused"), told[-1]) == (1, "paused")


def test_an_incident_that_a_crash_left_open_ends_with_the_next_word_on_its_monitor(
    log: Log, store: Store, account: int, tmp_path: Path
) -> None:
    shop = monitors.add(store, account, spec())
    seen(log, shop, "down")
    run(log, store, tmp_path / "before")
    seen(log, shop, "up")
    store.execute("UPDATE incidents SET id = 5, changes = 1000")  # of a life that nobody remembers
    run(log, store, tmp_path)
    rows = incidents.incidents_of(store, account, *EVER)
    assert {row["state"] for row in rows} == {"ended"}
    assert "5" in {row["id"] for row in rows}
