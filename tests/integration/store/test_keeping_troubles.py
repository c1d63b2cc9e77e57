"""What goes wrong around open alerts: silences that end early, people who talk, rows that nobody understands, races."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.integration.store.decisions import add_channels, episode
from tests.integration.store.test_keeping import (
    HOUR_MS,
    delivered,
    end,
    now_ms,
    outbox,
    pass_time,
    route,
    silence,
    start,
)
from vedette.errors import Conflict
from vedette.notifying.route import Step
from vedette.store import alerts, deeds, hands, recording, silences
from vedette.store import outbox as notifications
from vedette.store.keeping import Kept, keep
from vedette.store.pool import Store


def test_a_silence_that_is_ended_early_brings_steps_and_reminders_back_within_a_minute(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), Step(after_s=600, channels=[second]), remind_s=900)
    start(store)
    delivered(store)
    made = silence(store, ms=30 * 24 * HOUR_MS)
    pass_time(store, 601)
    keep(store)
    assert len(outbox(store)) == 1
    silences.end(store, 1, made)
    pass_time(store, 61)
    keep(store)
    assert outbox(store)[1:] == [(second, "start", "pending")]
    pass_time(store, 901)
    keep(store)
    assert outbox(store)[2:] == [(first, "update", "pending")]


def test_a_silence_that_is_ended_while_an_alert_is_recorded_holds_its_start_a_minute_at_most(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (channel,) = add_channels(store, "a")
    made = silence(store, ms=300 * 24 * HOUR_MS)
    held, go_on = in_the_middle(monkeypatch, recording, "_record_one")
    recorder = threading.Thread(target=start, args=(store,))
    recorder.start()
    held.wait(60)
    silences.end(store, 1, made)
    go_on.set()
    recorder.join()
    assert outbox(store) == [(channel, "start", "withheld")]
    pass_time(store, 61)
    keep(store)
    assert outbox(store) == [(channel, "start", "pending")]


def in_the_middle(patch: pytest.MonkeyPatch, module: Any, name: str) -> tuple[threading.Event, threading.Event]:
    """Let a function of a module wait after its first work: it has worked, and it may go on."""
    held, go_on, real = threading.Event(), threading.Event(), getattr(module, name)

    def slow(*values: Any, **named: Any) -> Any:
        found = real(*values, **named)
        held.set()
        go_on.wait(60)
        return found

    patch.setattr(module, name, slow)
    return held, go_on


def test_a_channel_that_is_removed_while_a_batch_is_recorded_costs_the_batch_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = add_channels(store, "a", "b")
    held, go_on = in_the_middle(monkeypatch, recording, "_record_one")
    batch = [(episode(1)[0], (first,)), (episode(2)[0], (second,))]
    recorder = threading.Thread(target=recording.record, args=(store, batch))
    recorder.start()
    held.wait(60)
    alerts.remove_channel(store, 1, second)
    go_on.set()
    recorder.join()
    assert outbox(store) == [(first, "start", "pending")]
    assert len(alerts.alerts_of(store, 1, "firing", 9)) == 2


def test_an_end_by_hand_and_the_flows_own_do_not_block_each_other(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    (channel,) = add_channels(store, "a")
    alert = start(store)
    held, go_on = in_the_middle(monkeypatch, deeds, "_open")
    failures: list[BaseException] = []

    def noted(do: Callable[[], object]) -> None:
        try:
            do()
        except BaseException as error:  # noqa: BLE001 - a thread's failure is the test's
            failures.append(error)

    by_hand = threading.Thread(target=noted, args=(lambda: hands.resolve(store, 1, alert, "ann"),))
    by_flow = threading.Thread(target=noted, args=(lambda: end(store),))
    by_hand.start()
    held.wait(60)
    by_flow.start()
    time.sleep(0.2)  # so that the flow has come to where it has to wait
    go_on.set()
    by_hand.join()
    by_flow.join()
    assert failures == []
    assert [event for _, event, _ in outbox(store)] == ["start", "end"]
    assert outbox(store)[1][0] == channel


def test_a_start_that_was_held_back_says_who_has_taken_the_alert_up_meanwhile(store: Store) -> None:
    add_channels(store, "a")
    made = silence(store)
    hands.acknowledge(store, 1, start(store), "ann")
    silences.end(store, 1, made)
    keep(store)
    (found,) = notifications.claim(store, 9, 30.0)
    assert (found.body["event"], found.body["alert"]["acknowledged_by"]) == ("start", "ann")


def test_talking_about_an_alert_puts_no_reminder_off(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    route(store, Step(channels=[channel]), remind_s=3600)
    alert = start(store)
    delivered(store)
    for _ in range(2):
        pass_time(store, 2000)
        hands.comment(store, 1, alert, "bob", "still looking")
        hands.assign(store, 1, alert, "bob", "bob")
        keep(store)
    assert outbox(store)[1:] == [(channel, "update", "pending")]


def test_a_reminder_that_is_overdue_comes_at_once_when_an_alert_is_given_back(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    route(store, Step(channels=[channel]), remind_s=3600)
    alert = start(store)
    hands.acknowledge(store, 1, alert, "bob")
    pass_time(store, 3 * 3600)
    hands.unacknowledge(store, 1, alert, "bob")
    delivered(store)
    assert keep(store) == Kept(0, 1)
    assert outbox(store)[-1] == (channel, "update", "pending")


def test_a_snooze_that_ends_within_a_silence_reminds_after_it(store: Store) -> None:
    add_channels(store, "a")
    alert = start(store)
    delivered(store)
    hands.snooze(store, 1, alert, "ann", now_ms(store) + 600_000)
    silence(store)
    pass_time(store, 601)
    keep(store)
    hands.comment(store, 1, alert, "bob", "hm")
    assert len(outbox(store)) == 1
    pass_time(store, 3601)
    keep(store)
    assert [event for _, event, _ in outbox(store)] == ["start", "update"]


def test_a_plan_that_is_not_understood_costs_no_other_alert_anything(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), Step(after_s=60, channels=[second]))
    bad, _ = start(store, number=1), start(store, number=2)
    store.execute("UPDATE alerts SET plan = jsonb_set(plan, '{steps,0,newer}', '1') WHERE id = %s", bad)
    pass_time(store, 61)
    assert keep(store) == Kept(0, 1)
    assert outbox(store)[2:] == [(second, "start", "pending")]
    assert keep(store) == Kept(0, 0)  # it waits, and is looked at again in a minute


def test_a_silence_that_is_not_understood_holds_nothing_back(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    silence(store)
    store.execute("UPDATE silences SET selector = '{newer'")
    start(store)
    assert outbox(store) == [(channel, "start", "pending")]


def test_a_channel_that_a_rule_names_stays(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    rule = alerts.add_rule(store, 1, "r", "endpoint_down", {"channels": [channel]})
    with pytest.raises(Conflict, match="named by the rule 'r'"):
        alerts.remove_channel(store, 1, channel)
    alerts.remove_rule(store, 1, rule)
    alerts.remove_channel(store, 1, channel)


def test_alerts_are_let_go_by_the_alert_and_not_by_the_notification(store: Store) -> None:
    add_channels(store, *(f"c{number}" for number in range(20)))
    made = silence(store)
    for number in range(1, 21):
        start(store, number=number)
    silences.end(store, 1, made)
    assert keep(store).released == 400
