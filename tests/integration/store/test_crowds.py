"""More messages than people read at once go together by themselves, each alert once and in its order."""

from __future__ import annotations

import threading
from collections import defaultdict
from typing import Any

import pytest

from tests.integration.store.decisions import add_channels, episode
from vedette.store import outbox
from vedette.store.grouping import CROWD, MOST
from vedette.store.keeping import Kept, keep
from vedette.store.pool import Store
from vedette.store.recording import record


@pytest.fixture
def channel(store: Store) -> int:
    """One that people read."""
    (found,) = add_channels(store, "a")
    store.execute("UPDATE channels SET kind = 'slack'")
    return found


def begin(store: Store, first: int, last: int, *, ends: bool = False) -> None:
    record(store, [(t, ()) for number in range(first, last + 1) for t in episode(number)[: 2 if ends else 1]])


def people(store: Store) -> Kept:
    return keep(store, ["slack"])


def told(body: dict[str, Any]) -> list[str]:
    return [alert["id"] for alert in body.get("alerts", [body["alert"]])]


@pytest.mark.usefixtures("channel")
def test_a_few_go_each_alone_and_more_go_together(store: Store) -> None:
    begin(store, 1, CROWD)
    assert people(store).gathered == 0
    begin(store, CROWD + 1, CROWD + 1)
    assert people(store).gathered == 1
    (message,) = outbox.claim(store, 50, 30.0)
    assert len(told(message.body)) == CROWD + 1
    assert people(store).gathered == 0


def test_programs_get_a_message_for_each(store: Store) -> None:
    add_channels(store, "a")
    begin(store, 1, CROWD + 10)
    assert people(store).gathered == 0
    assert len(outbox.claim(store, 50, 30.0)) == CROWD + 10


@pytest.mark.usefixtures("channel")
def test_what_was_begun_with_stays_as_it_is(store: Store) -> None:
    begin(store, 1, CROWD + 10)
    under_way = outbox.claim(store, 2, 30.0)
    (again,) = outbox.claim(store, 1, 30.0)
    outbox.retry(store, again.id, "busy", 0.0, again.attempts)
    people(store)
    found = {message.id: message for message in outbox.claim(store, 50, 30.0)}
    assert found.pop(again.id).body == again.body
    (rest,) = found.values()
    assert len(told(rest.body)) == CROWD + 7
    assert not {one for message in (*under_way, again) for one in told(message.body)} & set(told(rest.body))


@pytest.mark.usefixtures("channel")
def test_messages_of_several_stay_as_they_are_while_they_wait(store: Store) -> None:
    begin(store, 1, 2 * MOST + CROWD, ends=True)
    assert people(store).gathered == 3
    assert people(store).gathered == 0
    messages = outbox.claim(store, 50, 30.0)
    assert sorted(len(told(message.body)) for message in messages) == [CROWD, MOST, MOST]
    for message in messages:
        outbox.delivered(store, message.id, "ok")
    people(store)
    ends = outbox.claim(store, 50, 30.0)
    assert len({one for message in ends for one in told(message.body)}) == 2 * MOST + CROWD
    for message in ends:
        outbox.delivered(store, message.id, "ok")
    assert store.rows("SELECT 1 AS one FROM notifications WHERE state = 'pending'") == []


@pytest.mark.usefixtures("channel")
def test_workers_that_gather_and_claim_at_once_tell_each_once_and_in_order(store: Store, dsn: str) -> None:
    number, order, lock = 400, defaultdict[str, list[str]](list), threading.Lock()
    stores = [Store(dsn, pool_size=1) for _ in range(3)]

    def work(mine: Store) -> None:
        while mine.rows("SELECT 1 FROM notifications WHERE state = 'pending' LIMIT 1"):
            people(mine)
            for message in outbox.claim(mine, 4, 60.0):
                with lock:
                    for alert in told(message.body):
                        order[alert].append(message.body["event"])
                outbox.delivered(mine, message.id, "ok")

    begin(store, 1, number, ends=True)
    threads = [threading.Thread(target=work, args=(one,)) for one in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for one in stores:
        one.close()
    assert len(order) == number
    assert {tuple(events) for events in order.values()} == {("start", "end")}
    row = store.row("SELECT count(*) AS n FROM notifications WHERE carrier IS NOT NULL")
    assert row is not None
    assert row["n"] > number
