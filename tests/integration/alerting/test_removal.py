"""Removing a rule or a monitor ends its alerts, and tells so whoever was told of them."""

from __future__ import annotations

from typing import Any

import pytest

from alerting.machine import Rule, SubjectState, Titles
from alerting.rules import EndpointDown
from tests.integration.store.decisions import add_channels, episode, transition
from vedette.errors import NotFound
from vedette.events.signals import Signal
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors, outbox
from vedette.store.pool import Store
from vedette.store.recording import record


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def add_rule(store: Store, account: int, name: str = "r") -> int:
    return alerts.add_rule(store, account, name, "endpoint_down", {})


def add_monitor(store: Store, account: int, name: str = "m") -> int:
    return monitors.add(store, account, MonitorSpec(name=name, url="http://a/"))


def notes(store: Store) -> list[dict[str, Any]]:
    return store.rows("SELECT id, channel_id AS channel, body FROM notifications ORDER BY position")


def told(store: Store) -> list[tuple[str, int]]:
    return [(note["body"]["event"], note["channel"]) for note in notes(store)]


def signal(at: int, monitor: int, state: str) -> Signal:
    return Signal("endpoint", 1, f"monitor:{monitor}@x", at, state, detail={"monitor": monitor, "failures": 1})


def fire(store: Store, rule: int, monitor: int) -> tuple[SubjectState, Rule]:
    """An alert as the state machine raises it, recorded; the machine, so that it can go on."""
    state, known = SubjectState(), Rule(rule, 1, EndpointDown(name="r", kind="endpoint_down"))
    record(store, [(t, ()) for t in state.apply(signal(1, monitor, "down"), [known], Titles())])
    return state, known


def test_a_rule_that_is_removed_ends_its_alerts_with_a_notification(store: Store, account: int) -> None:
    rule = add_rule(store, account)
    (channel,) = add_channels(store, "a")
    record(store, [(transition(account=account, rule=rule), ()), (transition(account=account, rule=rule + 1), ())])
    alerts.remove_rule(store, account, rule)
    assert told(store) == [("start", channel), ("start", channel), ("end", channel)]
    start, _, end = (note["body"] for note in notes(store))
    assert end["detail"] == {"removed": "rule"}
    assert end["alert"] == {**start["alert"], "value": None, "ended_ms": end["at_ms"]}
    assert end["at_ms"] >= start["at_ms"]
    shown = {a["id"]: a["ended_ms"] for a in alerts.alerts_of(store, account, None, 10)}
    assert shown[start["alert"]["id"]] == end["at_ms"]
    assert list(shown.values()).count(None) == 1


def test_a_monitor_that_is_removed_ends_its_alerts_with_a_notification_and_no_others(
    store: Store, account: int
) -> None:
    rule = add_rule(store, account)
    gone, kept = (add_monitor(store, account, name) for name in "ab")
    (channel,) = add_channels(store, "a")
    for monitor in (gone, kept):
        fire(store, rule, monitor)
    monitors.remove(store, account, gone)
    assert told(store) == [("start", channel), ("start", channel), ("end", channel)]
    end = notes(store)[-1]["body"]
    assert (end["alert"]["subject"], end["detail"]) == (f"monitor:{gone}@x", {"removed": "monitor"})
    assert [a["subject"] for a in alerts.alerts_of(store, account, "firing", 10)] == [f"monitor:{kept}@x"]


def test_who_was_not_told_the_start_is_not_told_the_end(store: Store, account: int) -> None:
    rule = add_rule(store, account)
    first, _, third = add_channels(store, "a", "b", "c")
    record(store, [(transition(account=account, rule=rule), (first, third))])
    (given_up,) = [note["id"] for note in notes(store) if note["channel"] == third]
    outbox.failed(store, given_up, "too old")
    add_channels(store, "later")
    alerts.remove_rule(store, account, rule)
    assert told(store) == [("start", first), ("start", third), ("end", first)]


def test_an_alert_that_is_over_does_not_end_again(store: Store, account: int) -> None:
    rule = add_rule(store, account)
    add_channels(store, "a")
    record(store, [(found, ()) for found in episode(account=account, rule=rule)])
    before = notes(store), alerts.alerts_of(store, account, None, 10)
    alerts.remove_rule(store, account, rule)
    assert (notes(store), alerts.alerts_of(store, account, None, 10)) == before


def test_an_end_that_the_flow_finds_after_a_removal_is_the_same_end(store: Store, account: int) -> None:
    rule, monitor = add_rule(store, account), add_monitor(store, account)
    add_channels(store, "a")
    state, known = fire(store, rule, monitor)
    monitors.remove(store, account, monitor)
    late = state.apply(signal(2, monitor, "up"), [known], Titles())
    assert [found.state for found in late] == ["resolved"]
    assert record(store, [(found, ()) for found in late]) == []
    assert [event for event, _ in told(store)] == ["start", "end"]


def test_nobody_ends_the_alerts_of_another_account(store: Store, account: int) -> None:
    other = accounts.ensure_account(store, "other")
    rule, monitor = add_rule(store, account), add_monitor(store, account)
    add_channels(store, "a")
    fire(store, rule, monitor)
    with pytest.raises(NotFound):
        alerts.remove_rule(store, other, rule)
    with pytest.raises(NotFound):
        monitors.remove(store, other, monitor)
    assert [event for event, _ in told(store)] == ["start"]


def test_the_end_and_the_removal_are_one_transaction(store: Store, account: int) -> None:
    rule = add_rule(store, account)
    add_channels(store, "a")
    record(store, [(transition(account=account, rule=rule), ())])
    store.execute("ALTER TABLE notifications ADD CONSTRAINT none CHECK (false) NOT VALID")
    with pytest.raises(Exception, match="check constraint"):
        alerts.remove_rule(store, account, rule)
    assert len(alerts.rules_of(store, account)) == 1
    assert [a["state"] for a in alerts.alerts_of(store, account, None, 10)] == ["firing"]
