"""Alerts: each transition once, with its notifications in the same transaction."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.store.decisions import T0, add_channels, episode, transition
from vedette.errors import Conflict, NotFound
from vedette.events.signals import AlertTransition
from vedette.monitors import MonitorSpec
from vedette.store import accounts, alerts, monitors
from vedette.store.pool import Store
from vedette.store.recording import record


def notes(store: Store) -> list[dict[str, Any]]:
    return store.rows("SELECT channel_id, body FROM notifications ORDER BY position")


def test_a_transition_makes_an_alert_and_a_notification_for_each_channel(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    start = transition()
    assert record(store, [(start, ())]) == [start]
    assert alerts.alerts_of(store, 1, None, 10) == [
        {
            "id": str(start.alert), "rule_name": "Endpoint down", "subject": "monitor:1@x", "title": "shop is down",
            "severity": "", "state": "firing", "value": 1.5, "started_ms": T0, "ended_ms": None, "body": None,
            "acknowledged_by": None, "assignee": None, "snoozed_until_ms": None,
            "unknown_since_ms": None,
        }
    ]  # fmt: skip
    found = notes(store)
    assert [note["channel_id"] for note in found] == [first, second]
    assert found[0]["body"]["event"] == "start"
    assert found[0]["body"]["id"] != found[1]["body"]["id"]
    assert found[0]["body"]["detail"] == {"failures": 2}


def test_a_rule_may_name_its_channels(store: Store) -> None:
    _, second = add_channels(store, "a", "b")
    record(store, [(transition(), (second,))])
    assert [note["channel_id"] for note in notes(store)] == [second]


def test_channels_of_another_account_hear_nothing(store: Store) -> None:
    (mine,) = add_channels(store, "a")
    record(store, [(transition(account=2), ()), (transition(account=2, rule=2), (mine,))])
    assert notes(store) == []
    assert len(alerts.alerts_of(store, 2, None, 10)) == 2


def test_the_end_closes_the_alert_and_tells_its_start(store: Store) -> None:
    add_channels(store, "a")
    start, end = episode()
    assert record(store, [(start, ()), (end, ())]) == [start, end]
    (alert,) = alerts.alerts_of(store, 1, None, 10)
    assert (alert["state"], alert["started_ms"], alert["ended_ms"]) == ("resolved", T0 + 1, T0 + 2)
    body = notes(store)[1]["body"]
    assert (body["event"], body["alert"]["started_ms"], body["alert"]["ended_ms"]) == ("end", T0 + 1, T0 + 2)
    assert body["alert"]["id"] == notes(store)[0]["body"]["alert"]["id"]


def test_what_is_recorded_again_changes_nothing(store: Store) -> None:
    add_channels(store, "a")
    start, end = episode()
    record(store, [(start, ()), (end, ())])
    before = notes(store), alerts.alerts_of(store, 1, None, 10)
    assert record(store, [(start, ()), (end, ()), (start, ())]) == []
    assert (notes(store), alerts.alerts_of(store, 1, None, 10)) == before


def test_a_channel_that_came_later_hears_nothing_of_what_is_known(store: Store) -> None:
    add_channels(store, "a")
    record(store, [(transition(), ())])
    add_channels(store, "b")
    assert record(store, [(transition(), ())]) == []
    assert len(notes(store)) == 1


def test_a_transition_and_its_notifications_are_one_transaction(store: Store) -> None:
    add_channels(store, "a")
    store.execute("ALTER TABLE notifications ADD CONSTRAINT none CHECK (false) NOT VALID")
    with pytest.raises(Exception, match="check constraint"):
        record(store, [(transition(), ())])
    assert alerts.alerts_of(store, 1, None, 10) == []
    assert store.rows("SELECT 1 FROM alert_transitions") == []
    store.execute("ALTER TABLE notifications DROP CONSTRAINT none")
    assert record(store, [(transition(), ())]) == [transition()]


def test_alerts_can_be_asked_for_by_state_newest_first(store: Store) -> None:
    for number in (1, 3, 2):
        start, end = episode(number)
        record(store, [(start, ())])
        if number == 3:
            record(store, [(end, ())])
    assert [a["started_ms"] - T0 for a in alerts.alerts_of(store, 1, None, 10)] == [3, 2, 1]
    assert [a["started_ms"] - T0 for a in alerts.alerts_of(store, 1, "firing", 1)] == [2]
    assert [a["started_ms"] - T0 for a in alerts.alerts_of(store, 1, "resolved", 10)] == [3]


def test_removing_a_rule_ends_its_alerts_and_no_others(store: Store) -> None:
    account = accounts.ensure_account(store, "default")
    add_channels(store, "a")
    rule = alerts.add_rule(store, account, "r", "endpoint_down", {})
    record(store, [(transition(account=account, rule=rule), ()), (transition(account=account, rule=rule + 1), ())])
    alerts.remove_rule(store, account, rule)
    states = store.rows("SELECT rule_id - %s AS rule, state FROM alerts ORDER BY rule_id", rule)
    assert states == [{"rule": 0, "state": "resolved"}, {"rule": 1, "state": "firing"}]
    assert [note["body"]["event"] for note in notes(store)] == ["start", "start", "end"]


def test_rules_and_channels_belong_to_their_account(store: Store) -> None:
    account, other = (accounts.ensure_account(store, name) for name in ("default", "other"))
    rule = alerts.add_rule(store, account, "r", "threshold", {"series": "cpu", "above": 1})
    (channel,) = add_channels(store, "a")
    assert alerts.rules_of(store, account) == [
        {"id": rule, "name": "r", "kind": "threshold", "series": "cpu", "above": 1}
    ]
    assert alerts.rules_of(store, other) == alerts.channels_of(store, other) == []
    with pytest.raises(Conflict):
        alerts.add_rule(store, account, "r", "threshold", {})
    with pytest.raises(Conflict):
        add_channels(store, "a")
    for remove, number in ((alerts.remove_rule, rule), (alerts.remove_channel, channel)):
        with pytest.raises(NotFound):
            remove(store, other, number)
        remove(store, account, number)
        with pytest.raises(NotFound):
            remove(store, account, number)


def test_channels_are_shown_without_their_secret(store: Store) -> None:
    account = accounts.ensure_account(store, "default")
    alerts.add_channel(store, account, "a", "webhook", {"url": "http://a/", "secret": "geheim"})
    (shown,) = alerts.channels_of(store, account)
    assert "geheim" not in str(shown)
    assert (shown["url"], shown["name"], shown["disabled_reason"]) == ("http://a/", "a", None)


def test_no_alert_starts_for_a_rule_or_monitor_that_is_gone(store: Store) -> None:
    row = store.row("INSERT INTO accounts (name) VALUES ('gone') RETURNING id")
    assert row is not None
    account = row["id"]
    rule = alerts.add_rule(store, account, "r", "endpoint_down", {})
    monitor = monitors.add(store, account, MonitorSpec(name="m", url="http://a/"))

    def start(identity: int, of_rule: int, subject: str) -> AlertTransition:
        return AlertTransition(identity, identity + 1000, account, of_rule, "r", subject, "firing", 5, "t")

    there = start(1, rule, f"monitor:{monitor}@x")
    assert record(store, [(there, ())], of_existing=True) == [there]
    assert record(store, [(start(2, rule + 1, "source:a"), ())], of_existing=True) == []
    assert record(store, [(start(3, rule, f"monitor:{monitor + 1}@x"), ())], of_existing=True) == []
    assert [row["id"] for row in alerts.alerts_of(store, account, "firing", 10)] == ["1001"]
    never = AlertTransition(9, 4242, account, rule, "r", f"monitor:{monitor}@x", "resolved", 6, "t")
    assert record(store, [(never, ())], of_existing=True) == []
