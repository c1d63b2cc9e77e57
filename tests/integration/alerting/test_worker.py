"""The alert worker over a real outbox and a real receiver."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import pytest

from alerting.channels.base import GIVE_UP_AFTER_S
from alerting.worker import AlertWorker
from tests.integration.alerting.receiver import OK, Answer, Received, Receiver, answer
from tests.integration.alerting.working import add_channel, due_now, rows, step, tell, with_receiver, worker
from tests.patience import PATIENCE_S
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.settings import AlertWorkerSettings
from vedette.store import accounts, alerts, outbox
from vedette.store.pool import Store


def test_a_notification_is_delivered_once(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        assert await step(worker(store)) == 1
        assert await step(worker(store)) == 0
        assert [request.body["event"] for request in receiver.got] == ["start"]

    with_receiver(lambda request: OK, body)
    assert rows(store) == [("delivered", 1, "200 thanks")]


def test_a_failure_is_tried_again_with_the_same_key_and_a_new_wait(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerting.worker.FIRST_WAIT_S", 60.0)  # not over before this test has looked
    answers = [answer(500), answer(503, Retry_After="120"), OK]
    waits: list[float] = []

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        for _ in range(2):
            assert await step(worker(store)) == 1
            assert await step(worker(store)) == 0
            row = store.row("SELECT extract(epoch FROM next_attempt_at - now())::float8 AS s FROM notifications")
            assert row is not None
            waits.append(row["s"])
            due_now(store)
        assert await step(worker(store)) == 1
        assert len({request.key for request in receiver.got}) == 1
        assert len(receiver.got) == 3

    with_receiver(lambda request: answers.pop(0), body)
    assert 15 < waits[0] <= 60
    assert 100 < waits[1] <= 120
    assert rows(store) == [("delivered", 3, "200 thanks")]


def test_the_end_comes_after_the_start_however_often_that_fails(store: Store) -> None:
    answers = [answer(500), answer(500), OK, OK]

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store, ends=True)
        for _ in range(4):
            assert await step(worker(store)) == 1
            due_now(store)
        assert await step(worker(store)) == 0
        assert [request.body["event"] for request in receiver.got] == ["start", "start", "start", "end"]

    with_receiver(lambda request: answers.pop(0), body)


def test_what_is_too_old_is_given_up(store: Store, logged: list[Any]) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        store.execute(
            "UPDATE notifications SET first_attempt_at = now() - make_interval(secs => %s)", GIVE_UP_AFTER_S + 1
        )
        await step(worker(store))
        due_now(store)
        assert await step(worker(store)) == 0

    with_receiver(lambda request: answer(500), body)
    assert rows(store) == [("failed", 1, "500")]
    assert "notification_given_up" in [event["event"] for event in logged]


def test_what_is_almost_too_old_is_tried_again(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        store.execute(
            "UPDATE notifications SET first_attempt_at = now() - make_interval(secs => %s)", GIVE_UP_AFTER_S - 60
        )
        await step(worker(store))

    with_receiver(lambda request: answer(500), body)
    assert rows(store) == [("pending", 1, "500")]


def test_a_receiver_that_is_gone_disables_its_channel_and_no_other(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url + "/gone", "gone")
        add_channel(store, receiver.url, "good")
        tell(store)
        assert await step(worker(store)) == 2
        tell(store, episodes=2)
        assert await step(worker(store)) == 1

    with_receiver(lambda request: answer(410) if request.path.endswith("gone") else OK, body)
    shown = {c["name"]: c["disabled_reason"] for c in alerts.channels_of(store, 1)}
    assert shown == {"gone": "410", "good": None}


def test_a_channel_that_was_changed_during_an_attempt_is_not_disabled_by_it(store: Store) -> None:
    channels: list[int] = []

    def rule(request: Received) -> Answer:
        if not request.path.endswith("gone"):
            return OK
        _, config = alerts.channel_config(store, 1, channels[0])
        good = {**config, "url": config["url"].removesuffix("/gone")}
        alerts.change_channel_config(store, 1, channels[0], config, good)
        return answer(410)

    async def body(receiver: Receiver) -> None:
        channels.append(add_channel(store, receiver.url + "/gone", "hook"))
        tell(store)
        assert await step(worker(store)) == 1
        assert [channel["disabled_reason"] for channel in alerts.channels_of(store, 1)] == [None]
        due_now(store)
        assert await step(worker(store)) == 1

    with_receiver(rule, body)
    assert rows(store) == [("delivered", 2, "200 thanks")]


@pytest.mark.parametrize(
    ("kind", "config", "reason"),
    [("pigeon", {}, "unknown kind"), ("webhook", {"url": "ftp://x"}, "http:// or https://")],
)
def test_a_channel_that_cannot_be_used_is_disabled_with_its_reason(
    store: Store, kind: str, config: dict[str, Any], reason: str
) -> None:
    account = accounts.ensure_account(store, "default")
    alerts.add_channel(store, account, "a", kind, config)
    tell(store)
    assert asyncio.run(step(worker(store))) == 1
    assert reason in alerts.channels_of(store, account)[0]["disabled_reason"]
    assert [state for state, *_ in rows(store)] == ["failed"]


def test_one_bad_receiver_does_not_hold_the_others_up(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        for name, url in (("a", "http://a..b/"), ("b", "http://127.0.0.1:1/"), ("c", receiver.url)):
            add_channel(store, url, name)
        tell(store)
        assert await step(worker(store)) == 3

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["pending", "pending", "delivered"]


def test_an_answer_that_the_database_cannot_hold_is_a_delivery_all_the_same(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        await step(worker(store))

    with_receiver(lambda request: answer(200, b"\0\xff\n"), body)
    assert [(state, attempts) for state, attempts, _ in rows(store)] == [("delivered", 1)]


def test_private_receivers_are_refused_unless_they_are_allowed(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        strict = AlertWorkerSettings.load(dsn="postgresql://unused")
        await step(AlertWorker(store, FakeClock(), random.Random(1), strict))
        assert receiver.got == []
        due_now(store)
        await step(worker(store))
        assert len(receiver.got) == 1

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["delivered"]


def test_an_attempt_ends_before_its_lease_so_that_no_two_deliver_at_once(store: Store, dsn: str) -> None:
    lease_s = 2.0
    other = Store(dsn, pool_size=2)

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        stop = asyncio.Event()
        runs = [asyncio.create_task(worker(s, lease_s=lease_s, timeout_s=10).run(stop)) for s in (store, other)]
        while len(receiver.got) < 3:  # each attempt hangs until its worker gives it up
            receiver.came.clear()
            due_now(store)
            await asyncio.wait_for(receiver.came.wait(), PATIENCE_S)
        stop.set()
        await asyncio.gather(*runs)
        assert receiver.most_at_once == 1

    with_receiver(lambda request: None, body)
    other.close()
    assert all(state == "pending" and last == "no answer in time" for state, _, last in rows(store))


def test_a_worker_that_dies_leaves_its_claims_to_another(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        assert len(outbox.claim(store, 10, 60)) == 1  # and then it dies
        assert await step(worker(store)) == 0
        store.execute("UPDATE notifications SET claimed_until = now()")
        assert await step(worker(store)) == 1

    with_receiver(lambda request: OK, body)
    assert rows(store) == [("delivered", 2, "200 thanks")]


def test_a_stop_lets_what_was_claimed_be_finished(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        stop = asyncio.Event()
        run = asyncio.create_task(worker(store, timeout_s=0.2).run(stop))
        await receiver.came.wait()
        stop.set()
        await run

    with_receiver(lambda request: None, body)
    assert [(state, attempts) for state, attempts, _ in rows(store)] == [("pending", 1)]
    assert store.row("SELECT claimed_until FROM notifications") == {"claimed_until": None}


def test_a_database_that_goes_away_ends_nothing(
    store: Store, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store, episodes=3)
        delivered, away = outbox.delivered, [1, 1]

        def failing(*arguments: Any) -> None:
            if away:
                away.pop()
                raise StoreUnavailable("away")
            delivered(*arguments)

        monkeypatch.setattr(outbox, "delivered", failing)
        assert await step(worker(store)) == 3
        assert len(receiver.got) == 3
        store.execute("UPDATE notifications SET claimed_until = now() WHERE state = 'pending'")
        assert await step(worker(store)) == 2
        assert len({request.key for request in receiver.got}) == 3

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["delivered"] * 3
    assert "outbox_unavailable" in [event["event"] for event in logged]
