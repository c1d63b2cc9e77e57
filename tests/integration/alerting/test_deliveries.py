"""Deliveries run side by side: a slow or broken channel holds up and ends nothing but itself."""

from __future__ import annotations

import asyncio
import itertools
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from alerting.channels import CHANNELS, Channel, Outward
from alerting.deliveries import AT_ONCE, AT_ONCE_PER_CHANNEL
from alerting.worker import AlertWorker
from tests.integration.alerting.receiver import OK, Received, Receiver, answer
from tests.integration.alerting.working import add_channel, rows, step, tell, with_receiver, worker
from tests.patience import PATIENCE_S
from vedette.store import accounts, alerts, outbox
from vedette.store.pool import Store


class Broken(Channel):
    """A channel whose code has a fault."""

    async def _deliver(self, outward: Outward, identity: str, body: dict[str, Any], now_s: int) -> str:
        raise RuntimeError("a fault")


async def until(receiver: Receiver, check: Callable[[], bool]) -> None:
    """Return when `check` is true; it is asked again at each request that comes."""
    async with asyncio.timeout(PATIENCE_S):
        while not check():
            receiver.came.clear()
            await receiver.came.wait()


async def stopped(run: asyncio.Task[None], stop: asyncio.Event) -> None:
    stop.set()
    await asyncio.wait_for(run, PATIENCE_S)


def start(alert_worker: AlertWorker) -> tuple[asyncio.Task[None], asyncio.Event]:
    stop = asyncio.Event()
    return asyncio.create_task(alert_worker.run(stop)), stop


def test_a_channel_that_raises_what_nobody_foresaw_is_tried_again_and_ends_no_worker(
    store: Store, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
) -> None:
    monkeypatch.setitem(CHANNELS, "broken", Broken)

    async def body(receiver: Receiver) -> None:
        alerts.add_channel(store, accounts.ensure_account(store, "default"), "broken", "broken", {})
        add_channel(store, receiver.url)
        tell(store)
        run, stop = start(worker(store))
        await until(receiver, lambda: len(receiver.got) == 1)
        tell(store, episodes=2)
        await until(receiver, lambda: len(receiver.got) == 2)
        assert not run.done()
        await stopped(run, stop)

    with_receiver(lambda request: OK, body)
    assert rows(store)[0][0::2] == ("pending", "RuntimeError('a fault')")
    assert [state for state, *_ in rows(store)] == ["pending", "delivered"] * 2
    assert "delivery_broke" in [event["event"] for event in logged]
    assert [channel["disabled_reason"] for channel in alerts.channels_of(store, 1)] == [None, None]


def test_a_stored_channel_with_an_impossible_port_is_disabled_and_the_worker_goes_on(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        add_channel(store, "http://127.0.0.1:99999/", "bad")
        add_channel(store, receiver.url)
        tell(store)
        assert await step(worker(store)) == 2

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["failed", "delivered"]
    assert "port" in alerts.channels_of(store, 1)[0]["disabled_reason"]


def test_an_outcome_that_cannot_be_noted_ends_no_worker(
    store: Store, monkeypatch: pytest.MonkeyPatch, logged: list[Any]
) -> None:
    def failing(*arguments: Any) -> None:
        raise RuntimeError("a fault of ours")

    monkeypatch.setattr(outbox, "delivered", failing)

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store)
        assert await step(worker(store)) == 1

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["pending"]
    assert [event["event"] for event in logged] == ["outcome_not_noted"]


def test_a_slow_receiver_takes_its_places_and_the_others_go_on(store: Store) -> None:
    many = 3 * AT_ONCE_PER_CHANNEL

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url + "/slow", "slow")
        add_channel(store, receiver.url + "/quick", "quick")
        tell(store, episodes=many)
        run, stop = start(worker(store, timeout_s=10))

        def came(name: str) -> int:
            return sum(request.path.endswith(name) for request in receiver.got)

        # All of the quick one's arrive while every place of the slow one's is taken and none has come back.
        await until(receiver, lambda: came("quick") == many and came("slow") == AT_ONCE_PER_CHANNEL)
        assert not run.done()
        receiver.release.set()
        await stopped(run, stop)

    with_receiver(lambda request: None if request.path.endswith("slow") else OK, body)
    states = store.rows("SELECT name, n.state, count(*) AS n FROM notifications n JOIN channels c"
                        " ON c.id = n.channel_id WHERE name = 'quick' GROUP BY 1, 2")  # fmt: skip
    assert states == [{"name": "quick", "state": "delivered", "n": many}]


def test_names_that_are_slow_to_resolve_do_not_hold_the_outbox_up(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        loop, held = asyncio.get_running_loop(), threading.Event()
        loop.set_default_executor(ThreadPoolExecutor(1))  # where asyncio resolves names
        slow = loop.run_in_executor(None, held.wait, 60)
        add_channel(store, receiver.url)
        tell(store)
        assert await asyncio.wait_for(step(worker(store)), 30) == 1
        assert not slow.done()
        held.set()
        await slow

    with_receiver(lambda request: OK, body)
    assert [state for state, *_ in rows(store)] == ["delivered"]


def test_no_more_than_all_places_are_claimed_and_on_a_stop_what_runs_is_finished(store: Store) -> None:
    channels = AT_ONCE + 2

    async def body(receiver: Receiver) -> None:
        for number in range(channels):
            add_channel(store, receiver.url, f"hook {number}")
        tell(store)
        alert_worker = worker(store, timeout_s=10)
        run, stop = start(alert_worker)
        await until(receiver, lambda: len(receiver.got) == AT_ONCE)
        async with alert_worker.client() as client:
            assert await alert_worker.take(client) == 0
        claimed = store.row("SELECT count(*) AS n FROM notifications WHERE claimed_until > now()")
        assert claimed == {"n": AT_ONCE}
        receiver.release.set()
        await stopped(run, stop)

    with_receiver(lambda request: None, body)
    claimed = store.row("SELECT count(*) AS n FROM notifications WHERE claimed_until IS NOT NULL")
    assert claimed == {"n": 0}


def test_the_order_of_an_alert_is_kept_while_deliveries_run_side_by_side(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alerting.worker.backoff_s", lambda attempts, jitter: 0.0)
    taken: dict[str, list[str]] = {}
    number = itertools.count()

    def every_third_fails(request: Received) -> bytes:
        if next(number) % 3 == 0:
            return answer(500)
        taken.setdefault(request.body["alert"]["id"], []).append(request.body["event"])
        return OK

    async def body(receiver: Receiver) -> None:
        add_channel(store, receiver.url)
        tell(store, episodes=6, ends=True)
        run, stop = start(worker(store))
        await until(receiver, lambda: sum(len(events) for events in taken.values()) == 12)
        await stopped(run, stop)

    with_receiver(every_third_fails, body)
    assert list(taken.values()) == [["start", "end"]] * 6
    assert {state for state, *_ in rows(store)} == {"delivered"}
