"""Alerts that are unknown go on: nobody is told, no step is taken and nobody reminded until they are known again."""

from __future__ import annotations

from msgspec.structs import replace

from tests.integration.store.decisions import add_channels
from tests.integration.store.test_keeping import delivered, outbox, pass_time, route, start
from vedette.events.signals import AlertState, AlertTransition
from vedette.notifying.route import Step
from vedette.store import alerts, hands
from vedette.store.keeping import keep
from vedette.store.pool import Store
from vedette.store.recording import record


def doubt(store: Store, state: AlertState, number: int) -> bool:
    """Record it as the flow does; whether it was news."""
    row = store.row("SELECT id, rule_id, rule_name, subject, title, started_at FROM alerts")
    assert row is not None
    at = int(row["started_at"].timestamp() * 1000) + number
    one = AlertTransition(
        number, row["id"], 1, row["rule_id"], row["rule_name"], row["subject"], state, at, row["title"]
    )
    store.execute(
        "INSERT INTO rules (account_id, name, kind, config) VALUES (1, 'r', 'outage', '{}') ON CONFLICT DO NOTHING"
    )
    return bool(record(store, [(one, ())], of_existing=True))


def test_while_it_is_unknown_steps_and_reminders_wait(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), Step(after_s=600, channels=[second]), remind_s=300)
    alert = start(store)
    delivered(store)
    assert doubt(store, "unknown", 1)
    assert not doubt(store, "unknown", 1), "the same again"
    assert alerts.alerts_of(store, 1, "firing", 10)[0]["unknown_since_ms"] is not None
    pass_time(store, 700)
    keep(store)
    assert outbox(store) == [(first, "start", "delivered")]
    assert doubt(store, "known", 2)
    keep(store)
    told = sorted((channel, event) for channel, event, _ in outbox(store))
    assert told == [(first, "start"), (first, "update"), (second, "start")], "what was due meanwhile comes now, once"
    found = hands.alert_of(store, 1, alert)
    assert found["unknown_since_ms"] is None
    assert {step["state"] for step in found["timeline"]} == {"firing", "unknown", "known", "reminded"}


def test_an_alert_that_is_over_or_never_was_is_not_doubted(store: Store) -> None:
    add_channels(store, "a")
    alert = start(store)
    hands.resolve(store, 1, alert, "ann")
    assert not doubt(store, "unknown", 1)
    stranger = AlertTransition(9, 99, 1, 1, "r", "series:a/b", "unknown", 5, "t")
    assert record(store, [(stranger, ()), (replace(stranger, id=10, state="known"), ())], of_existing=True) == []
    assert len(alerts.alerts_of(store, 1, None, 10)) == 1
