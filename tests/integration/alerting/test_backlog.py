"""Ten thousand transitions for a receiver that is slow: little in memory, order kept, and no other channel waits."""

from __future__ import annotations

from alerting.deliveries import AT_ONCE, AT_ONCE_PER_CHANNEL, SPARE
from tests.integration.alerting.receiver import OK, Answer, Received, Receiver
from tests.integration.alerting.test_deliveries import start, stopped, until
from tests.integration.alerting.working import add_channel, tell, with_receiver, worker
from tests.integration.store.decisions import transition
from vedette.store import outbox
from vedette.store.pool import Store
from vedette.store.recording import record

BACKLOG = 10_000


def backlog(store: Store, channel: int) -> None:
    """Starts and ends of many alerts, due before all else."""
    store.execute(
        "INSERT INTO alerts (id, account_id, rule_id, rule_name, subject, title, state, started_at)"
        " SELECT 1000000 + n, 1, 1, 'r', 's', 't', 'resolved', now() FROM generate_series(1, %s) n",
        BACKLOG // 2,
    )
    store.execute(
        "INSERT INTO alert_transitions (id, alert_id, state, at, detail) SELECT id * 2 + e, id,"
        " (ARRAY['firing', 'resolved'])[e + 1], now(), '{}' FROM alerts, generate_series(0, 1) e WHERE id > 1000000"
    )
    store.execute(
        "INSERT INTO notifications (id, transition_id, alert_id, channel_id, body, next_attempt_at)"
        " SELECT id, id, alert_id, %s, jsonb_build_object('id', id::text, 'event',"
        " CASE state WHEN 'firing' THEN 'start' ELSE 'end' END, 'alert', jsonb_build_object('id', alert_id::text)),"
        " now() - interval '1 minute' FROM alert_transitions WHERE alert_id > 1000000 ORDER BY id",
        channel,
    )
    store.execute("ANALYZE notifications")


def came(receiver: Receiver, name: str) -> int:
    return sum(request.path.endswith(name) for request in receiver.got)


def claimed(store: Store) -> int:
    row = store.row("SELECT count(*) AS n FROM notifications WHERE claimed_until > now()")
    assert row is not None
    return int(row["n"])


def test_another_channel_does_not_wait_for_it_and_its_own_order_is_kept(store: Store) -> None:
    answers: list[bool] = []
    told: dict[str, list[str]] = {}

    def rule(request: Received) -> Answer:
        if request.path.endswith("slow"):
            if not answers:
                return None
            told.setdefault(request.body["alert"]["id"], []).append(request.body["event"])
        return OK

    async def body(receiver: Receiver) -> None:
        backlog(store, add_channel(store, receiver.url + "/slow", "slow"))
        run, stop = start(worker(store, timeout_s=30))
        await until(receiver, lambda: came(receiver, "slow") == AT_ONCE_PER_CHANNEL)
        add_channel(store, receiver.url + "/quick", "quick")
        tell(store, episodes=20)
        await until(receiver, lambda: came(receiver, "quick") == 20)
        assert came(receiver, "slow") == AT_ONCE_PER_CHANNEL
        assert claimed(store) <= AT_ONCE_PER_CHANNEL * 2, "what waits stays in the table"
        answers.append(True)
        receiver.release.set()
        await until(receiver, lambda: len(told) >= 300)
        await stopped(run, stop)

    with_receiver(rule, body)
    assert {tuple(events) for events in told.values()} <= {("start",), ("start", "end")}


def test_a_dozen_receivers_that_hang_leave_places_for_others(store: Store) -> None:
    many = AT_ONCE // AT_ONCE_PER_CHANNEL + 2

    async def body(receiver: Receiver) -> None:
        for number in range(many):
            add_channel(store, receiver.url + "/slow", f"slow {number}")
        tell(store, episodes=AT_ONCE_PER_CHANNEL)
        run, stop = start(worker(store, timeout_s=30))
        await until(receiver, lambda: came(receiver, "slow") == AT_ONCE - SPARE)
        add_channel(store, receiver.url + "/quick", "quick")
        record(store, [(transition(episode=number), ()) for number in range(100, 110)])
        await until(receiver, lambda: came(receiver, "quick") == 10)
        assert came(receiver, "slow") == AT_ONCE - SPARE
        receiver.release.set()
        await stopped(run, stop)

    with_receiver(lambda request: None if request.path.endswith("slow") else OK, body)


def test_places_are_given_in_turns_not_by_age(store: Store) -> None:
    old, young = (add_channel(store, "http://127.0.0.1:1/", name) for name in ("old", "young"))
    backlog(store, old)
    record(store, [(transition(episode=number), (young,)) for number in range(3)])
    first = outbox.claim(store, 4, 30.0, per_channel=4)
    assert sorted(found.channel for found in first) == [old, old, young, young]
    next_one = outbox.claim(store, 1, 30.0, per_channel=4, busy={old: 2, young: 1})
    assert [found.channel for found in next_one] == [young]
    assert outbox.claim(store, 3, 30.0, per_channel=4, busy={old: 2, young: 3}, spare=3) == []
