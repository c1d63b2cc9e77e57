"""A notification is given up a day after it was first tried, and its alert's end says so."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alerting.channels.base import GIVE_UP_AFTER_S
from alerting.channels.wording import message_of
from tests.integration.alerting.receiver import OK, Received, Receiver, answer
from tests.integration.alerting.working import SECRET, add_channel, due_now, rows, step, tell, with_receiver, worker
from tests.integration.store.test_keeping import pass_time, silence
from vedette.notifying.route import RouteSpec, Step
from vedette.store import accounts, alerts, attempts, routing
from vedette.store.keeping import keep
from vedette.store.pool import Store

DAYS_S = 2 * 86_400


def failing(times: int) -> Callable[[Received], bytes | None]:
    answers = [answer(503)] * times
    return lambda request: answers.pop() if answers else OK


def age(store: Store, seconds: float) -> None:
    """Everything in the outbox is so much older."""
    store.execute(
        "UPDATE notifications SET created_at = created_at - make_interval(secs => %s),"
        " first_attempt_at = first_attempt_at - make_interval(secs => %s)",
        seconds,
        seconds,
    )


def test_what_a_silence_held_for_days_is_tried_like_any_other(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        silence(store, ms=DAYS_S * 1000)
        tell(store)
        pass_time(store, DAYS_S + 60)
        age(store, DAYS_S + 60)
        assert keep(store).released == 1
        for _ in range(2):
            await step(worker(store))
            due_now(store)

    with_receiver(failing(1), body)
    assert rows(store) == [("delivered", 2, "200 thanks")]


@pytest.mark.parametrize("tries", [0, 1])
def test_what_waited_for_a_disabled_channel_is_tried_like_any_other(store: Store, tries: int) -> None:
    async def body(receiver: Receiver) -> None:
        channel = add_channel(store, receiver.url)
        tell(store)
        for _ in range(tries):
            await step(worker(store))
        store.execute("UPDATE channels SET disabled_reason = '410'")
        age(store, DAYS_S)
        alerts.enable_channel(store, 1, channel)
        for _ in range(3):
            due_now(store)
            await step(worker(store))

    with_receiver(failing(tries + 1), body)
    assert rows(store) == [("delivered", tries + 2, "200 thanks")]


def test_enabling_a_channel_that_works_gives_no_more_time(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        channel = add_channel(store, receiver.url)
        tell(store)
        await step(worker(store))
        age(store, GIVE_UP_AFTER_S + 1)
        alerts.enable_channel(store, 1, channel)
        due_now(store)
        await step(worker(store))

    with_receiver(failing(2), body)
    assert rows(store) == [("failed", 2, "503")]


def test_a_channel_may_say_for_how_long_its_notifications_are_tried(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        for name, patience_s in (("short", 60), ("long", 7 * 86_400)):
            config = {"url": f"{receiver.url}/{name}", "secret": SECRET, "give_up_after_s": patience_s}
            alerts.add_channel(store, accounts.ensure_account(store, "default"), name, "webhook", config)
        tell(store)
        await step(worker(store))
        age(store, 61)
        due_now(store)
        await step(worker(store))
        assert [state for state, *_ in rows(store)] == ["failed", "pending"]
        age(store, 7 * 86_400)
        due_now(store)
        await step(worker(store))

    with_receiver(lambda request: answer(503, b"busy"), body)
    assert rows(store) == [("failed", 2, "503 busy"), ("failed", 3, "503 busy")]
    (alert,) = (row["id"] for row in store.rows("SELECT id FROM alerts"))
    told = attempts.notifications_of(store, alert)
    assert [(one["state"], one["failure"]) for one in told] == [("failed", "given_up")] * 2
    assert [one["outcome"] for one in told[1]["attempt_log"]] == ["retry", "retry", "given_up"]


def test_the_last_try_comes_when_the_time_is_over(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        config = {"url": receiver.url, "secret": SECRET, "give_up_after_s": 60}
        alerts.add_channel(store, accounts.ensure_account(store, "default"), "hook", "webhook", config)
        tell(store)
        store.execute("UPDATE notifications SET attempts = 20, first_attempt_at = now() - interval '40 s'")
        await step(worker(store))
        (row,) = store.rows("SELECT extract(epoch FROM next_attempt_at - now())::float8 AS s FROM notifications")
        assert 15 < row["s"] <= 20

    with_receiver(lambda request: answer(503), body)


def test_an_end_says_that_its_start_was_given_up(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store, ends=True)
        await step(worker(store))
        age(store, GIVE_UP_AFTER_S + 1)
        due_now(store)
        await step(worker(store))
        await step(worker(store))
        said = receiver.got[-1].body
        assert (said["event"], said["alert"]["start_given_up"]) == ("end", True)
        assert "Its start could not be delivered" in message_of(said).lines

    with_receiver(failing(2), body)


def test_of_a_message_of_several_ends_those_whose_start_was_given_up_say_so(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        channel = add_channel(store, receiver.url)
        tell(store, episodes=2)
        store.execute("UPDATE notifications SET state = 'delivered' WHERE position = 1")
        store.execute("UPDATE notifications SET state = 'failed' WHERE position = 2")
        routing.put_route(store, 1, RouteSpec(name="r", steps=[Step(channels=[channel])], group_s=20))
        store.execute("UPDATE alerts SET plan = jsonb_set(plan, '{group_s}', '20')")
        tell(store, episodes=2, ends=True)
        pass_time(store, 30)
        keep(store)
        await step(worker(store))
        (said,) = (request.body for request in receiver.got)
        assert [one.get("start_given_up", False) for one in said["alerts"]] == [False, True]
        assert "start_given_up" not in said["alert"]
        assert "The start of 1 of these could not be delivered" in message_of(said).lines

    with_receiver(lambda request: OK, body)
