"""The alerts flow from signals in a real log to alerts and notifications in a real database."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from alerting import book
from sinks.patience import persist
from tests.integration.flows.draining import decoded, drain_alerts, put, rejects
from vedette.errors import StoreUnavailable
from vedette.events.codec import encode_json
from vedette.events.signals import Signal
from vedette.events.topics import ALERTS, SIGNALS
from vedette.log import Log
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store

T0 = 1_700_000_000_000


@pytest.fixture
def account(store: Store) -> int:
    """An account with a monitor, a rule for endpoints and two channels."""
    found = accounts.ensure_account(store, "default")
    assert monitors.add(store, found, MonitorSpec(name="shop", url="http://shop.example/")) == 1
    alerts.add_rule(store, found, "Endpoint down", "endpoint_down", {"after_failures": 2})
    store.execute("UPDATE rules SET created_at = 'epoch'")  # a rule is about what happened after it was made
    for name in "ab":
        alerts.add_channel(store, found, name, "webhook", {"url": f"http://{name}/"})
    return found


def endpoint(at: int, failures: int, place: str = "x") -> tuple[str, bytes]:
    """Down for the `failures`-th time in a row, or up for 0."""
    detail: dict[str, Any] = {"failures": failures, "monitor": 1, "location": place}
    subject = f"monitor:1@{place}"
    signal = Signal("endpoint", 1, subject, T0 + at, "down" if failures else "up", detail=detail)
    return f"1/{subject}", encode_json(signal)


def told(store: Store) -> list[tuple[str, str]]:
    """Event and channel of each notification, in their order."""
    rows = store.rows(
        "SELECT n.body->>'event' AS event, c.name FROM notifications n JOIN channels c ON c.id = n.channel_id"
        " ORDER BY position"
    )
    return [(row["event"], row["name"]) for row in rows]


EPISODE = [endpoint(0, 0), endpoint(1, 1), endpoint(2, 2), endpoint(3, 3), endpoint(4, 0)]


@pytest.mark.usefixtures("account")
def test_an_episode_has_one_start_and_one_end_for_each_channel(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SIGNALS.name, *EPISODE)
    drain_alerts(log, store, tmp_path)
    assert told(store) == [("start", "a"), ("start", "b"), ("end", "a"), ("end", "b")]
    (alert,) = alerts.alerts_of(store, 1, None, 10)
    assert (alert["state"], alert["started_ms"], alert["ended_ms"]) == ("resolved", T0 + 2, T0 + 4)
    assert [(t["state"], t["rule_name"]) for t in decoded(log, ALERTS.name)] == [
        ("firing", "Endpoint down"),
        ("resolved", "Endpoint down"),
    ]


@pytest.mark.usefixtures("account")
def test_a_flow_remembers_what_it_knows_and_a_replay_tells_nobody(log: Log, store: Store, tmp_path: Path) -> None:
    for upto in range(1, len(EPISODE) + 1):
        put(log, SIGNALS.name, *EPISODE[:upto])
        drain_alerts(log, store, tmp_path)
    assert [event for event, _ in told(store)] == ["start", "start", "end", "end"]


@pytest.mark.usefixtures("account")
def test_a_flow_that_lost_its_snapshots_records_nothing_twice(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SIGNALS.name, *EPISODE)
    for name in ("one", "two"):
        drain_alerts(log, store, tmp_path / name)
    assert len(told(store)) == 4


@pytest.mark.usefixtures("account")
def test_each_location_is_a_subject_of_its_own(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SIGNALS.name, endpoint(1, 2, "x"), endpoint(1, 2, "y"), endpoint(2, 0, "x"))
    drain_alerts(log, store, tmp_path)
    states = {alert["subject"]: alert["state"] for alert in alerts.alerts_of(store, 1, None, 10)}
    assert states == {"monitor:1@x": "resolved", "monitor:1@y": "firing"}


@pytest.mark.usefixtures("account")
def test_a_signal_of_another_account_is_none_of_this_ones_business(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SIGNALS.name, ("2/s", encode_json(Signal("endpoint", 2, "s", T0, "down", detail={"failures": 9}))))
    drain_alerts(log, store, tmp_path)
    assert told(store) == []


@pytest.mark.usefixtures("account")
def test_what_cannot_be_read_goes_to_the_rejects_and_the_flow_goes_on(log: Log, store: Store, tmp_path: Path) -> None:
    bad = [b"", b"{}", b"\xff", b'{"kind":"x","account":1,"subject":"s","at":1}']
    put(log, SIGNALS.name, *(("1/monitor:1@x", data) for data in bad), *EPISODE)
    drain_alerts(log, store, tmp_path)
    assert [reject.data for reject in rejects(log)] == bad
    assert len(told(store)) == 4


@pytest.mark.usefixtures("account")
def test_what_happened_before_a_rule_was_made_is_no_alert(log: Log, store: Store, tmp_path: Path) -> None:
    store.execute("UPDATE rules SET created_at = to_timestamp(%s / 1000.0)", T0 + 3)
    put(log, SIGNALS.name, *EPISODE[:3])
    drain_alerts(log, store, tmp_path)
    assert told(store) == []
    put(log, SIGNALS.name, *EPISODE[3:])
    drain_alerts(log, store, tmp_path)
    (alert,) = alerts.alerts_of(store, 1, None, 10)
    assert (alert["started_ms"], alert["ended_ms"]) == (T0 + 3, T0 + 4)


def test_without_rules_nothing_is_an_alert(log: Log, store: Store, tmp_path: Path) -> None:
    put(log, SIGNALS.name, *EPISODE)
    drain_alerts(log, store, tmp_path)
    assert alerts.alerts_of(store, 1, None, 10) == []


@pytest.mark.usefixtures("account")
def test_a_restart_while_the_database_is_away_does_not_forget_an_open_alert(
    log: Log, store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(log, SIGNALS.name, *EPISODE[:3])
    drain_alerts(log, store, tmp_path)
    away, read_rules = [StoreUnavailable("away")] * 3, book.read_rules

    def failing(found: Store) -> list[dict[str, Any]]:
        if away:
            raise away.pop()
        return read_rules(found)

    assert persist.__kwdefaults__ is not None
    monkeypatch.setattr(book, "read_rules", failing)
    monkeypatch.setitem(persist.__kwdefaults__, "sleep", lambda seconds: None)
    put(log, SIGNALS.name, *EPISODE[3:])
    drain_alerts(log, store, tmp_path)
    assert away == []
    assert [event for event, _ in told(store)] == ["start", "start", "end", "end"]


@pytest.mark.usefixtures("account")
def test_a_notice_is_told_once_as_a_one_off_and_is_over(log: Log, store: Store, tmp_path: Path) -> None:
    alerts.add_rule(store, 1, "Plugin notice", "plugin_notice", {})
    store.execute("UPDATE rules SET created_at = 'epoch'")
    subject = "plugin:web-1/raid"
    said = [
        Signal("notice", 1, subject, T0 + at, detail={"title": "array", "body": body, "said_ms": T0})
        for at, body in ((0, "sda failed"), (7, "sda failed"), (7, "sdb failed"))
    ]
    put(log, SIGNALS.name, *[(f"1/{subject}", encode_json(signal)) for signal in said])
    for name in ("one", "two"):
        drain_alerts(log, store, tmp_path / name)
    assert told(store) == [("one-off", "a"), ("one-off", "b")] * 2
    found = alerts.alerts_of(store, 1, "notice", 10)
    assert {(a["title"], a["body"]) for a in found} == {("array", "sda failed"), ("array", "sdb failed")}
    assert all(a["started_ms"] == a["ended_ms"] for a in found)
