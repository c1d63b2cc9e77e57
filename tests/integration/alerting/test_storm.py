"""A storm of ten thousand transitions while alert workers are killed: each is told, exactly once, in its alert's order.

The receiver is one that ignores keys that it has seen, answers 503 now and then, and sometimes dies over its answer.
"""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.integration.alerting.receiver import OK, Received, Receiver, answer, receiving
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


@pytest.mark.parametrize("seed", [1])
def test_every_transition_is_told_once_and_in_order_though_workers_are_killed(
    store: Store, dsn: str, seed: int
) -> None:
    chance = random.Random(seed)
    got: list[tuple[str, str, str]] = []  # key, alert, event of what was taken
    lock = threading.Lock()

    def rule(request: Received) -> bytes | None:
        if chance.random() < 0.01:
            return answer(503)
        body = request.body
        with lock:
            got.append((request.key, body["alert"]["id"], body["event"]))
        return None if chance.random() < 0.002 else OK  # it was taken, but no answer comes

    async def run(receiver: Receiver) -> None:
        account = accounts.ensure_account(store, "default")
        config = {"url": receiver.url, "secret": "a secret of the channel"}
        channels = [alerts.add_channel(store, account, f"hook {n}", "webhook", config) for n in range(CHANNELS)]
        writing = asyncio.create_task(asyncio.to_thread(storm, store, channels))
        for _ in range(KILLS):
            with worker(dsn), worker(dsn):
                seen = len(got)
                deadline = time.monotonic() + PATIENCE_S
                while len(got) < seen + 100 and time.monotonic() < deadline:  # noqa: ASYNC110 - two things are polled
                    if writing.done() and not await asyncio.to_thread(waiting, store):
                        break
                    await asyncio.sleep(0.05)
                await asyncio.sleep(chance.random())
        await writing
        deadline = time.monotonic() + PATIENCE_S
        with worker(dsn), worker(dsn):
            while await asyncio.to_thread(waiting, store) and time.monotonic() < deadline:  # noqa: ASYNC110 - of a table
                await asyncio.sleep(0.1)

    async def main() -> None:
        async with receiving(rule) as receiver:
            await run(receiver)

    asyncio.run(main())
    first: dict[str, tuple[str, str]] = {}
    order: defaultdict[str, list[str]] = defaultdict(list)
    for key, alert, event in got:
        if key not in first:  # what an idempotent receiver sees
            first[key] = alert, event
            order[alert].append(event)
    assert waiting(store) == 0
    assert len(order) == ALERTS
    assert {tuple(events) for events in order.values()} == {("start", "end")}
    assert len(first) == 2 * ALERTS
    assert len(got) > len(first)  # the storm was one: some were told again with the same key
