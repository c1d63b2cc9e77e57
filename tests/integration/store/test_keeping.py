"""Silences hold notifications back, and plans bring further channels and reminders."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.store.decisions import add_channels, episode
from vedette.errors import Conflict, NotFound
from vedette.notifying.route import RouteSpec, Step
from vedette.notifying.schedule import ScheduleSpec
from vedette.store import alerts, hands, routing, silences
from vedette.store.keeping import Kept, keep
from vedette.store.pool import Store
from vedette.store.recording import record

HOUR_MS = 3_600_000


def outbox(store: Store) -> list[tuple[int, str, str]]:
    rows = store.rows("SELECT channel_id, body->>'event' AS event, state FROM notifications ORDER BY position")
    return [(row["channel_id"], row["event"], row["state"]) for row in rows]


def now_ms(store: Store) -> int:
    row = store.row("SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms")
    assert row is not None
    return int(row["ms"])


def silence(store: Store, selector: str = '{subject=~"monitor:.*"}', ms: int = HOUR_MS) -> int:
    now = now_ms(store)
    return int(silences.add(store, 1, selector, "", "ann", (now - 1, now + ms))["id"])


def start(store: Store, *, ago_ms: int = 0, channels: tuple[int, ...] = (), number: int = 1) -> int:
    """An alert that began so long ago; its identity."""
    first = episode(number)[0]
    first.at = now_ms(store) - ago_ms
    record(store, [(first, channels)])
    return first.alert


def end(store: Store, number: int = 1) -> None:
    last = episode(number)[1]
    last.at = now_ms(store)
    record(store, [(last, ())])


def pass_time(store: Store, seconds: int) -> None:
    """Everything is so much longer ago."""
    for table, columns in (
        ("alerts", ("started_at", "told_at", "next_at", "snoozed_until")),
        ("notifications", ("next_attempt_at",)),
        ("silences", ("starts_at", "ends_at")),
    ):
        changed = ", ".join(f"{column} = {column} - make_interval(secs => {seconds})" for column in columns)
        store.execute(f"UPDATE {table} SET {changed}")


def delivered(store: Store) -> None:
    store.execute("UPDATE notifications SET state = 'delivered' WHERE state = 'pending'")


def route(store: Store, *steps: Step, remind_s: int | None = None, match: str | None = None) -> None:
    routing.put_route(store, 1, RouteSpec(name="route", steps=list(steps), remind_s=remind_s, match=match))


def test_what_a_silence_holds_is_told_at_its_end_if_it_still_fires(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    silence(store)
    start(store)
    assert outbox(store) == [(channel, "start", "withheld")]
    assert keep(store) == Kept(0, 0)
    pass_time(store, 3601)
    assert keep(store) == Kept(1, 0)
    assert outbox(store) == [(channel, "start", "pending")]
    end(store)
    assert outbox(store)[1:] == [(channel, "end", "pending")]


def test_nobody_hears_of_what_began_and_ended_in_silence(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    silence(store)
    start(store)
    end(store)
    pass_time(store, 3601)
    assert keep(store) == Kept(0, 0)
    assert outbox(store) == [(channel, "start", "dropped")]


def test_who_was_told_the_start_is_told_the_end_in_spite_of_a_silence(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    start(store)
    silence(store)
    end(store)
    assert outbox(store) == [(channel, "start", "pending"), (channel, "end", "pending")]


def test_a_silence_that_is_ended_lets_go_unless_another_holds(store: Store) -> None:
    add_channels(store, "a")
    first, second = silence(store), silence(store, ms=2 * HOUR_MS)
    start(store)
    silences.end(store, 1, second)
    assert keep(store) == Kept(0, 0)
    silences.end(store, 1, first)
    assert keep(store) == Kept(1, 0)
    assert [row["active"] for row in silences.silences_of(store, 1, over=True, limit=9)] == [False, False]
    assert silences.silences_of(store, 1, over=False, limit=9) == []
    with pytest.raises(NotFound):
        silences.end(store, 2, first)


def test_a_silence_holds_only_what_matches_and_only_its_account(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    silence(store, '{subject="source:web-1"}')
    store.execute("INSERT INTO accounts (name) VALUES ('theirs')")
    now = now_ms(store)
    theirs = store.row("SELECT id FROM accounts WHERE name = 'theirs'")
    assert theirs is not None
    silences.add(store, theirs["id"], '{rule=~".*"}', "", "eve", (now - 1, now + HOUR_MS))
    start(store)
    assert outbox(store) == [(channel, "start", "pending")]


def test_steps_follow_until_somebody_acknowledges(store: Store) -> None:
    first, second, third = add_channels(store, "a", "b", "c")
    route(store, Step(channels=[first]), Step(after_s=600, channels=[second]), Step(after_s=1200, channels=[third]))
    alert = start(store)
    assert outbox(store) == [(first, "start", "pending")]
    assert keep(store) == Kept(0, 0)
    pass_time(store, 601)
    assert keep(store) == Kept(0, 1)
    assert keep(store) == Kept(0, 0)
    assert outbox(store)[1:] == [(second, "start", "pending")]
    hands.acknowledge(store, 1, alert, "ann")
    pass_time(store, 1000)
    assert keep(store) == Kept(0, 0)
    assert outbox(store)[2:] == [(first, "update", "pending"), (second, "update", "pending")]
    hands.unacknowledge(store, 1, alert, "ann")
    assert keep(store) == Kept(0, 1)
    assert outbox(store)[-1] == (third, "start", "pending")
    end(store)
    assert [note[:2] for note in outbox(store)[-3:]] == [(first, "end"), (second, "end"), (third, "end")]
    assert keep(store) == Kept(0, 0)


def test_reminders_come_again_and_again_and_stand_on_the_timeline(store: Store) -> None:
    first, _ = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), remind_s=600)
    alert = start(store)
    for _ in range(2):
        pass_time(store, 601)
        assert keep(store) == Kept(0, 1)
        assert [note[2] for note in outbox(store)].count("pending") == 1, "who has not heard yet is not reminded"
        delivered(store)
        pass_time(store, 601)
        assert keep(store) == Kept(0, 1)
    assert [note[:2] for note in outbox(store)] == [(first, "start"), (first, "update"), (first, "update")]
    found = hands.alert_of(store, 1, alert)
    assert [row["state"] for row in found["timeline"]].count("reminded") == 2
    assert found["plan"]["route"] == "route"
    body = store.rows("SELECT body FROM notifications ORDER BY position")[1]["body"]
    assert (body["event"], body["update"], body["alert"]["id"]) == ("update", "reminded", str(alert))


def test_a_silence_puts_steps_and_reminders_off(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), Step(after_s=60, channels=[second]), remind_s=60)
    start(store)
    silence(store)
    pass_time(store, 61)
    assert keep(store) == Kept(0, 1)
    assert outbox(store) == [(first, "start", "pending")]
    pass_time(store, 3600)
    assert keep(store) == Kept(0, 1)
    assert outbox(store)[1:] == [(second, "start", "pending")]


def test_the_first_route_counts_and_one_without_steps_tells_nobody(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, match='{rule="Endpoint down"}')
    start(store)
    assert outbox(store) == []
    routing.put_route(store, 1, RouteSpec(name="before", position=-0, match='{rule="else"}'))
    start(store, channels=(second,), number=2)
    assert outbox(store) == [(second, "start", "pending")]
    for row in routing.routes_of(store, 1):
        routing.remove_route(store, 1, row["id"])
    start(store, number=3)
    assert [note[0] for note in outbox(store)] == [second, first, second]


def test_a_step_calls_whoever_is_on_call_then(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    spec = ScheduleSpec.model_validate({"name": "x", "rotation": [second], "first": "2026-01-01"})
    schedule = routing.put_schedule(store, 1, spec)["id"]
    route(store, Step(schedules=[schedule]))
    start(store)
    assert outbox(store) == [(second, "start", "pending")]
    with pytest.raises(Conflict, match="named by the schedule 'x'"):
        alerts.remove_channel(store, 1, second)
    with pytest.raises(Conflict, match="named by the route 'route'"):
        routing.remove_schedule(store, 1, schedule)
    routing.put_schedule(store, 1, spec.model_copy(update={"rotation": [first]}), schedule)
    start(store, number=2)
    assert outbox(store)[1:] == [(first, "start", "pending")]


def test_a_plan_outlives_its_channels_and_its_route(store: Store) -> None:
    first, second = add_channels(store, "a", "b")
    route(store, Step(channels=[first]), Step(after_s=60, channels=[second]))
    start(store)
    with pytest.raises(Conflict, match="named by the route 'route'"):
        alerts.remove_channel(store, 1, second)
    routing.remove_route(store, 1, routing.routes_of(store, 1)[0]["id"])
    alerts.remove_channel(store, 1, second)
    pass_time(store, 61)
    assert keep(store) == Kept(0, 1)
    assert keep(store) == Kept(0, 0)
    assert outbox(store) == [(first, "start", "pending")]


@pytest.mark.parametrize("over", [False, True])
def test_snoozing_puts_off_and_then_reminds(store: Store, over: bool) -> None:
    (channel,) = add_channels(store, "a")
    alert = start(store)
    delivered(store)
    hands.snooze(store, 1, alert, "ann", now_ms(store) + 60_000)
    assert keep(store) == Kept(0, 0)
    pass_time(store, 61)
    if over:
        end(store)
    assert keep(store) == Kept(0, 0 if over else 1)
    assert keep(store) == Kept(0, 0)
    assert [note[1] for note in outbox(store)] == ["start", "end" if over else "update"]
    assert hands.alert_of(store, 1, alert)["snoozed_until_ms"] is None or over
    assert outbox(store)[0][0] == channel


def test_an_alert_that_was_resolved_by_hand_ends_once(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    alert = start(store)
    assert hands.resolve(store, 1, alert, "ann", "it was the disk").state == "resolved"
    end(store)
    assert outbox(store) == [(channel, "start", "pending"), (channel, "end", "pending")]
    with pytest.raises(Conflict, match="is over"):
        hands.resolve(store, 1, alert, "bob")
    hands.comment(store, 1, alert, "bob", "replaced")
    found: list[dict[str, Any]] = hands.alert_of(store, 1, alert)["timeline"]
    assert [(row["state"], row["detail"].get("by")) for row in found] == [
        ("firing", None), ("resolved", "ann"), ("commented", "bob"),
    ]  # fmt: skip
    assert len(outbox(store)) == 2


def test_only_one_can_take_an_alert_up(store: Store) -> None:
    add_channels(store, "a")
    alert = start(store)
    hands.acknowledge(store, 1, alert, "ann")
    with pytest.raises(Conflict, match="acknowledged by ann"):
        hands.acknowledge(store, 1, alert, "bob")
    with pytest.raises(Conflict, match="acknowledged by ann"):
        hands.snooze(store, 1, alert, "bob", now_ms(store) + 1000)
    hands.assign(store, 1, alert, "ann", "bob")
    assert hands.alert_of(store, 1, alert)["assignee"] == "bob"
    with pytest.raises(NotFound):
        hands.acknowledge(store, 2, alert, "eve")
