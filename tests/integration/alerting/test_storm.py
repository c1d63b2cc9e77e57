"""A storm of ten thousand transitions while alert workers are killed: each is told, exactly once, in its alert's order.

The receiver is one that ignores keys that it has seen, answers 503 now and then, and sometimes dies over its answer.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.integration.alerting.receiver import OK, Received, answer, receiving
from tests.integration.store.decisions import episode
from tests.patience import PATIENCE_S
from vedette.store import accounts, alerts
from vedette.store.pool import Store
from vedette.store.recording import record

ROOT = Path(__file__).parents[3]
ALERTS, CHANNELS, KILLS = 5000, 8, 12
LEASE_S = 2.0


@contextmanager
def worker(dsn: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that delivers; killed at the end."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    own |= {
        "VEDETTE_DSN": dsn,
        "VEDETTE_ALLOW_PRIVATE": "true",
        "VEDETTE_LEASE_S": str(LEASE_S),
        "VEDETTE_POLL_S": "0.02",
    }
    command = [sys.executable, "-m", "launch.main", "alert-worker"]
    process = subprocess.Popen(command, env=own, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def storm(store: Store, channels: list[int]) -> None:
    """Starts and ends of all alerts, in batches as a flow writes them."""
    for begin in range(0, ALERTS, 100):
        numbers = range(begin, begin + 100)
        for state in (0, 1):
            record(store, [(episode(number)[state], (channels[number % CHANNELS],)) for number in numbers])


def waiting(store: Store) -> int:
    row = store.row("SELECT count(*) AS n FROM notifications WHERE state = 'pending'")
    return int(row["n"]) if row else 0


class Taken:
    """What the receiver took: key, alert and event of each request, in the order in which they came."""

    def __init__(self, seed: int) -> None:
        self.chance = random.Random(seed)
        self.got: list[tuple[str, str, str]] = []

    def rule(self, request: Received) -> bytes | None:
        if self.chance.random() < 0.01:
            return answer(503)
        body = request.body
        self.got.append((request.key, body["alert"]["id"], body["event"]))
        return None if self.chance.random() < 0.002 else OK  # it was taken, but no answer comes


async def killed_again_and_again(taken: Taken, store: Store, dsn: str, writing: asyncio.Task[None]) -> None:
    for _ in range(KILLS):
        with worker(dsn), worker(dsn):
            seen, deadline = len(taken.got), time.monotonic() + PATIENCE_S
            while len(taken.got) < seen + 100 and time.monotonic() < deadline:
                if writing.done() and not await asyncio.to_thread(waiting, store):
                    return
                await asyncio.sleep(0.05)
            await asyncio.sleep(taken.chance.random())


async def run(taken: Taken, store: Store, dsn: str) -> None:
    async with receiving(taken.rule) as receiver:
        account = accounts.ensure_account(store, "default")
        config = {"url": receiver.url, "secret": "a secret of the channel"}
        channels = [alerts.add_channel(store, account, f"hook {n}", "webhook", config) for n in range(CHANNELS)]
        writing = asyncio.create_task(asyncio.to_thread(storm, store, channels))
        await killed_again_and_again(taken, store, dsn, writing)
        await writing
        deadline = time.monotonic() + PATIENCE_S
        with worker(dsn), worker(dsn):
            while await asyncio.to_thread(waiting, store):
                assert time.monotonic() < deadline, "not all was told"
                await asyncio.sleep(0.1)


def test_every_transition_is_told_once_and_in_order_though_workers_are_killed(store: Store, dsn: str) -> None:
    taken = Taken(1)
    asyncio.run(run(taken, store, dsn))
    first: set[str] = set()
    order: defaultdict[str, list[str]] = defaultdict(list)
    for key, alert, event in taken.got:
        if key not in first:  # what an idempotent receiver sees
            first.add(key)
            order[alert].append(event)
    assert len(order) == ALERTS
    assert {tuple(events) for events in order.values()} == {("start", "end")}
    assert len(first) == 2 * ALERTS
    assert len(taken.got) > len(first)  # the storm was one: some were told again with the same key
    # Each attempt is known, also those over which workers were killed.
    assert store.rows(
        "SELECT (SELECT sum(attempts)::bigint FROM notifications) = count(*) AS all_known,"
        " count(DISTINCT notification_id) FILTER (WHERE outcome = 'delivered') AS delivered,"
        " bool_or(outcome IS NULL) AS unanswered FROM notification_attempts"
    ) == [{"all_known": True, "delivered": 2 * ALERTS, "unanswered": True}]
