"""The outbox: each notification to one worker at a time, in order, again when its worker dies."""

from __future__ import annotations

import threading
from collections import Counter

from tests.integration.store.decisions import add_channels, episode, transition
from vedette.store import outbox
from vedette.store.alerts import remove_channel
from vedette.store.outbox import claim
from vedette.store.pool import Store
from vedette.store.recording import record

LEASE_S = 60.0


def fill(store: Store, episodes: int = 1, *, ends: bool = False) -> None:
    for number in range(1, episodes + 1):
        record(store, [(found, ()) for found in episode(number)[: 2 if ends else 1]])


def events(claimed: list[outbox.Notification]) -> list[str]:
    return [notification.body["event"] for notification in claimed]


def expire_leases(store: Store) -> None:
    store.execute("UPDATE notifications SET claimed_until = now() - interval '1 millisecond'")


def test_a_claim_gives_what_is_due_with_its_channel(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    fill(store)
    (found,) = claim(store, 10, LEASE_S)
    assert (found.channel, found.kind, found.config, found.attempts) == (channel, "webhook", {"url": "http://a/"}, 1)
    assert found.body["id"] == str(found.id)
    assert 0 <= found.age_s < 60


def test_what_is_claimed_is_given_to_nobody_else_until_the_lease_is_over(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    (first,) = claim(store, 10, LEASE_S)
    assert claim(store, 10, LEASE_S) == []
    expire_leases(store)
    (again,) = claim(store, 10, LEASE_S)
    assert (again.id, again.attempts) == (first.id, 2)


def test_a_claim_takes_no_more_than_its_limit(store: Store) -> None:
    add_channels(store, "a")
    fill(store, 5)
    assert [len(claim(store, 3, LEASE_S)) for _ in range(3)] == [3, 2, 0]


def test_workers_that_claim_at_once_share_and_double_nothing(store: Store, dsn: str) -> None:
    add_channels(store, "a", "b", "c")
    fill(store, 40)
    stores = [Store(dsn, pool_size=1) for _ in range(2)]
    got: list[Counter[int]] = [Counter(), Counter()]
    together = threading.Barrier(2)

    def work(number: int) -> None:
        together.wait(30)
        while claimed := claim(stores[number], 3, LEASE_S):
            got[number].update(notification.id for notification in claimed)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for opened in stores:
        opened.close()
    total = got[0] + got[1]
    # A worker may find nothing while the other holds the rest locked; what is left is then still there.
    total.update(notification.id for notification in claim(store, 1000, LEASE_S))
    assert len(total) == 120
    assert set(total.values()) == {1}


def test_of_one_alert_and_channel_the_end_waits_for_the_start(store: Store) -> None:
    add_channels(store, "a")
    fill(store, ends=True)
    (start,) = claim(store, 10, LEASE_S)
    assert start.body["event"] == "start"
    assert claim(store, 10, LEASE_S) == []
    outbox.retry(store, start.id, "500", 3600, start.attempts)
    assert claim(store, 10, LEASE_S) == []
    outbox.delivered(store, start.id, "200")
    assert events(claim(store, 10, LEASE_S)) == ["end"]


def test_a_start_that_was_given_up_does_not_hold_its_end_back(store: Store) -> None:
    add_channels(store, "a")
    fill(store, ends=True)
    (start,) = claim(store, 10, LEASE_S)
    outbox.failed(store, start.id, "too old")
    assert events(claim(store, 10, LEASE_S)) == ["end"]


def test_other_alerts_and_channels_do_not_wait(store: Store) -> None:
    add_channels(store, "a", "b")
    fill(store, 2, ends=True)
    first = claim(store, 10, LEASE_S)
    assert events(first) == ["start"] * 4
    outbox.delivered(store, first[0].id, "200")
    (end,) = claim(store, 10, LEASE_S)
    assert (end.channel, end.body["alert"]["id"]) == (first[0].channel, first[0].body["alert"]["id"])


def test_a_retry_waits_for_its_time(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    (found,) = claim(store, 10, LEASE_S)
    outbox.retry(store, found.id, "500", 3600, found.attempts)
    assert claim(store, 10, LEASE_S) == []
    outbox.retry(store, found.id, "500", 0, found.attempts)
    assert [again.attempts for again in claim(store, 10, LEASE_S)] == [2]


def test_what_is_delivered_or_given_up_is_not_claimed_again(store: Store) -> None:
    add_channels(store, "a", "b")
    fill(store)
    first, second = claim(store, 10, LEASE_S)
    outbox.delivered(store, first.id, "200 OK")
    outbox.failed(store, second.id, "410 Gone")
    expire_leases(store)
    assert claim(store, 10, LEASE_S) == []
    rows = store.rows("SELECT state, last_answer, delivered_at IS NULL AS never FROM notifications ORDER BY position")
    assert rows == [
        {"state": "delivered", "last_answer": "200 OK", "never": False},
        {"state": "failed", "last_answer": "410 Gone", "never": True},
    ]


def test_a_late_failure_does_not_undo_a_delivery_by_another_worker(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    (slow,) = claim(store, 10, LEASE_S)
    outbox.delivered(store, slow.id, "200")
    outbox.failed(store, slow.id, "410")
    outbox.retry(store, slow.id, "500", 0, slow.attempts)
    assert store.rows("SELECT state, last_answer FROM notifications") == [{"state": "delivered", "last_answer": "200"}]


def test_a_late_failure_does_not_free_the_claim_of_another_worker(store: Store) -> None:
    add_channels(store, "a")
    fill(store)
    (slow,) = claim(store, 10, LEASE_S)
    expire_leases(store)
    (other,) = claim(store, 10, LEASE_S)
    outbox.retry(store, slow.id, "500", 0, slow.attempts)
    assert claim(store, 10, LEASE_S) == []
    outbox.retry(store, other.id, "500", 0, other.attempts)
    assert len(claim(store, 10, LEASE_S)) == 1


def test_a_disabled_channel_gets_nothing_and_the_others_go_on(store: Store) -> None:
    bad, good = add_channels(store, "a", "b")
    outbox.disable_channel(store, bad, "410 Gone")
    fill(store, 2)
    assert {found.channel for found in claim(store, 10, LEASE_S)} == {good}
    store.execute("UPDATE channels SET disabled_reason = NULL")
    assert {found.channel for found in claim(store, 10, LEASE_S)} == {bad}


def test_a_channel_that_is_removed_takes_its_notifications_along(store: Store) -> None:
    (channel,) = add_channels(store, "a")
    record(store, [(transition(), ())])
    remove_channel(store, 1, channel)
    assert claim(store, 10, LEASE_S) == []
    assert len(store.rows("SELECT 1 FROM alert_transitions")) == 1
