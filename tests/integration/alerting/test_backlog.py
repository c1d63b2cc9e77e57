"""Ten thousand transitions for a receiver that is slow: little in memory, order kept, and no other channel waits."""

from __future__ import annotations

import asyncio
import time

from alerting.deliveries import AT_ONCE_PER_CHANNEL
from tests.integration.alerting.receiver import OK, Answer, Received, Receiver
from tests.integration.alerting.test_deliveries import start, stopped, until
from tests.integration.alerting.working import add_channel, tell, with_receiver, worker
from vedette.store import outbox
from vedette.store.pool import Store

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


def test_another_channel_does_not_wait_for_it(store: Store) -> None:
    async def body(receiver: Receiver) -> None:
        slow = add_channel(store, receiver.url + "/slow", "slow")
        backlog(store, slow)
        run, stop = start(worker(store, timeout_s=30))
        await until(receiver, lambda: len(receiver.got) == AT_ONCE_PER_CHANNEL)
        add_channel(store, receiver.url + "/quick", "quick")
        began = time.monotonic()
        tell(store, episodes=5)
        await until(receiver, lambda: sum(one.path.endswith("quick") for one in receiver.got) == 5)
        print("took", time.monotonic() - began)
        assert sum(one.path.endswith("slow") for one in receiver.got) == AT_ONCE_PER_CHANNEL
        claimed = store.row("SELECT count(*) AS n FROM notifications WHERE claimed_until > now()")
        assert claimed is not None
        assert claimed["n"] <= AT_ONCE_PER_CHANNEL + 5
        receiver.release.set()
        await stopped(run, stop)

    def rule(request: Received) -> Answer:
        return None if request.path.endswith("slow") else OK

    with_receiver(rule, body)


def test_claim_cost(store: Store) -> None:
    from vedette.store import accounts
    accounts.ensure_account(store, "default")
    slow = add_channel(store, "http://127.0.0.1:1/", "slow")
    backlog(store, slow)
    for busy in ({}, {slow: 4}, {slow: 3}):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            n = len(outbox.claim(store, 50, 30.0, per_channel=4, busy=busy))
            took.append((round((time.perf_counter() - began) * 1000, 1), n))
        print(busy, took)
