"""Attempts at notifications: each is kept with its answer, also that of a worker which never said what came of it."""

from __future__ import annotations

from typing import Any

import pytest

from tests.integration.store.decisions import add_channels, transition
from tests.integration.store.test_outbox import LEASE_S, expire_leases, fill
from vedette.errors import NotFound
from vedette.store import attempts, outbox
from vedette.store.alerts import remove_channel
from vedette.store.outbox import Notification, claim
from vedette.store.pool import Store

ALERT = transition().alert


def one(store: Store) -> Notification:
    expire_leases(store)
    store.execute("UPDATE notifications SET next_attempt_at = now() WHERE state = 'pending'")
    (found,) = claim(store, 10, LEASE_S)
    return found


def told(store: Store) -> dict[str, Any]:
    (found,) = attempts.told(store, 1, ALERT)
    return found


def log(store: Store) -> list[tuple[int, str, str | None, int | None]]:
    return [(row["attempt"], row["outcome"], row["answer"], row["took_ms"]) for row in told(store)["attempt_log"]]


def test_every_attempt_keeps_its_answer_and_how_long_it_took(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    assert (told(store)["attempts"], log(store)) == (0, [])
    outbox.retry(store, one(store).id, "503 busy", 0, 1, 250)
    outbox.retry(store, one(store).id, "ReadTimeout", 0, 2, 10_000)
    outbox.delivered(store, one(store).id, "200 thanks", 3, 30)
    assert log(store) == [
        (1, "retry", "503 busy", 250),
        (2, "retry", "ReadTimeout", 10_000),
        (3, "delivered", "200 thanks", 30),
    ]
    found = told(store)
    assert (found["state"], found["failure"], found["attempts"], found["next_ms"]) == ("delivered", None, 3, None)
    row = store.row("SELECT (extract(epoch FROM now()) * 1000)::bigint AS ms")
    assert row is not None
    assert 0 <= row["ms"] - found["attempt_log"][0]["at_ms"] < 60_000


@pytest.mark.parametrize("failure", ["refused", "permanent", "given_up"])
def test_why_one_is_tried_no_more_is_kept(store: Store, failure: outbox.Failure) -> None:
    add_channels(store, "a")
    fill(store)
    outbox.failed(store, one(store).id, "410 gone", failure, 1, 5)
    assert log(store) == [(1, failure, "410 gone", 5)]
    assert (told(store)["state"], told(store)["failure"]) == ("failed", failure)


def test_an_attempt_of_which_nobody_noted_the_outcome_is_there_without_an_answer(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    one(store)
    assert log(store) == [(1, "under_way", None, None)]
    expire_leases(store)  # its worker has died
    assert log(store) == [(1, "unknown", None, None)]
    outbox.delivered(store, one(store).id, "200", 2, 7)
    assert log(store) == [(1, "unknown", None, None), (2, "delivered", "200", 7)]


def test_a_late_outcome_is_noted_with_its_own_attempt(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    slow, other = one(store), one(store)
    outbox.retry(store, slow.id, "late", 0, slow.attempts, 40_000)
    assert log(store) == [(1, "retry", "late", 40_000), (2, "under_way", None, None)]
    assert told(store)["last_answer"] is None
    outbox.delivered(store, other.id, "200", other.attempts, 9)
    outbox.failed(store, slow.id, "410", "permanent", slow.attempts, 41_000)
    assert log(store) == [(1, "permanent", "410", 41_000), (2, "delivered", "200", 9)]
    assert (told(store)["state"], told(store)["failure"]) == ("delivered", None)


def test_what_goes_with_others_has_the_attempts_of_their_message(store: Store) -> None:
    add_channels(store, "a")
    fill(store, 2)
    first, second = (row["id"] for row in store.rows("SELECT id FROM notifications ORDER BY position"))
    store.execute("UPDATE notifications SET carrier = %s WHERE id = %s", first, second)
    outbox.retry(store, one(store).id, "503", 0, 1, 5)
    for number in (1, 2):
        (found,) = attempts.notifications_of(store, transition(episode=number).alert)
        assert (found["attempts"], found["last_answer"]) == (1, "503")
        assert [row["answer"] for row in found["attempt_log"]] == ["503"]


def test_a_long_answer_is_cut_and_only_so_many_attempts_are_told(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    for number in range(1, attempts.LAST + 3):
        outbox.retry(store, one(store).id, f"{number}" + "x" * 1000, 0, number)
    (short,) = attempts.notifications_of(store, ALERT)
    assert [row["attempt"] for row in short["attempt_log"]] == [3, 4, 5, 6, 7]
    assert len(log(store)) == 7
    assert {len(row["answer"]) for row in short["attempt_log"]} == {500}
    assert len(short["last_answer"]) == 500


def test_attempts_go_with_their_channel_and_are_told_to_their_account_only(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    fill(store)
    one(store)
    with pytest.raises(NotFound):
        attempts.told(store, 2, ALERT)
    remove_channel(store, 1, channel)
    assert store.rows("SELECT * FROM notification_attempts") == []
