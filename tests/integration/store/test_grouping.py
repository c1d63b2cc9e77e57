"""Notifications that wait for others go as one message, in the order of each alert, once."""

from __future__ import annotations

from typing import Any

from tests.integration.store.decisions import add_channels
from tests.integration.store.test_keeping import end, outbox, pass_time, route, start
from vedette.notifying.route import RouteSpec, Step
from vedette.store import hands, routing
from vedette.store import outbox as notifications
from vedette.store.grouping import MOST
from vedette.store.keeping import Kept, keep
from vedette.store.outbox import Notification
from vedette.store.pool import Store


def grouped(store: Store, channel: int, seconds: int = 30, remind_s: int | None = None) -> None:
    spec = RouteSpec(name="together", steps=[Step(channels=[channel])], group_s=seconds, remind_s=remind_s)
    routing.put_route(store, 1, spec)


def deliver(store: Store) -> None:
    store.execute("UPDATE notifications SET state = 'delivered' WHERE NOT gathers")


def claim(store: Store) -> list[Notification]:
    return notifications.claim(store, 50, 30.0)


def told(body: dict[str, Any]) -> int:
    return len(body.get("alerts", [body["alert"]]))


def test_what_comes_within_the_time_goes_as_one_message(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel)
    for number in range(1, 4):
        start(store, number=number)
    assert claim(store) == []
    assert keep(store) == Kept(0, 0, 0)
    pass_time(store, 31)
    start(store, number=4)  # it goes with the others, though its own time has not come
    assert keep(store) == Kept(0, 0, 1)
    (message,) = claim(store)
    assert (told(message.body), message.body["event"]) == (4, "start")
    assert len({alert["id"] for alert in message.body["alerts"]}) == 4
    assert keep(store) == Kept(0, 0, 0)
    notifications.delivered(store, message.id, "ok")
    assert [state for *_, state in outbox(store)] == ["delivered"] * 4
    assert claim(store) == []


def test_an_end_waits_behind_the_message_that_tells_its_start(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel)
    for number in (1, 2):
        start(store, number=number)
    pass_time(store, 31)
    keep(store)
    (message,) = claim(store)
    end(store, 2)
    pass_time(store, 31)
    keep(store)
    assert claim(store) == []
    notifications.retry(store, message.id, "busy", 0.0, message.attempts)
    (again,) = claim(store)
    assert (again.id, again.body) == (message.id, message.body)
    notifications.delivered(store, again.id, "ok")
    assert keep(store).gathered == 1
    (last,) = claim(store)
    assert (last.body["event"], told(last.body)) == ("end", 1)


def test_a_message_that_is_given_up_gives_all_up_and_one_alone_looks_as_ever(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel)
    start(store)
    pass_time(store, 31)
    keep(store)
    (alone,) = claim(store)
    assert "alerts" not in alone.body
    notifications.delivered(store, alone.id, "ok")
    for number in (2, 3):
        start(store, number=number)
    pass_time(store, 31)
    keep(store)
    (message,) = claim(store)
    notifications.failed(store, message.id, "410")
    assert [state for *_, state in outbox(store)] == ["delivered", "failed", "failed"]


def test_messages_are_bounded(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel)
    for number in range(1, MOST + 6):
        start(store, number=number)
    pass_time(store, 31)
    assert keep(store).gathered == 2
    assert sorted(told(message.body) for message in claim(store)) == [5, MOST]


def test_reminders_go_together_as_the_starts_did(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel, remind_s=600)
    for number in range(1, 31):
        start(store, number=number)
    pass_time(store, 31)
    keep(store)
    deliver(store)
    pass_time(store, 601)
    assert keep(store).advanced == 30
    assert claim(store) == []
    pass_time(store, 31)
    keep(store)
    (message,) = claim(store)
    assert (message.body["update"], told(message.body)) == ("reminded", 30)


def test_deeds_go_together_by_who_did_what_and_why(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel)
    alerts = [start(store, number=number) for number in range(1, 7)]
    pass_time(store, 31)
    keep(store)
    deliver(store)
    for alert in alerts[:3]:
        hands.acknowledge(store, 1, alert, "ann")
    hands.acknowledge(store, 1, alerts[3], "ann", "on it")
    for alert in alerts[4:]:
        hands.acknowledge(store, 1, alert, "bob")
    end(store, 1)
    pass_time(store, 31)
    keep(store)
    messages = sorted((m.body["detail"]["by"], m.body["detail"].get("text", ""), told(m.body)) for m in claim(store))
    assert messages == [("ann", "", 3), ("ann", "on it", 1), ("bob", "", 2)]
    deliver(store)
    keep(store)
    (last,) = claim(store)
    assert last.body["event"] == "end"  # it has waited until the acknowledgement before it was told


def test_routes_and_events_do_not_mix(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    grouped(store, first)
    start(store)
    pass_time(store, 31)
    keep(store)
    for message in claim(store):
        notifications.delivered(store, message.id, "ok")
    end(store)
    start(store, number=2)
    pass_time(store, 31)
    assert keep(store).gathered == 2
    assert sorted(message.body["event"] for message in claim(store)) == ["end", "start"]
    routing.remove_route(store, 1, routing.routes_of(store, 1)[0]["id"])
    route(store, Step(channels=[second]))
    start(store, number=3)
    assert [message.channel for message in claim(store)] == [second]


def test_an_end_never_goes_with_others_before_its_own_start(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    grouped(store, channel, 60)
    start(store)
    pass_time(store, 61)
    keep(store)
    (first,) = claim(store)
    notifications.delivered(store, first.id, "ok")
    end(store)
    pass_time(store, 25)
    start(store, number=2)
    pass_time(store, 10)
    end(store, 2)
    pass_time(store, 26)  # the first end is due, the second start is not
    told: list[tuple[str, int]] = []
    for _ in range(4):
        keep(store)
        for message in claim(store):
            told.append((message.body["event"], len(message.body.get("alerts", [0]))))
            notifications.delivered(store, message.id, "ok")
        pass_time(store, 30)
    assert told == [("end", 1), ("start", 1), ("end", 1)]
