"""Alert workers over a real outbox, and what stands in it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Coroutine
from typing import Any

from alerting.worker import AlertWorker
from tests.integration.alerting.receiver import Received, Receiver, receiving
from tests.integration.store.decisions import episode
from vedette.clock import FakeClock
from vedette.settings import AlertWorkerSettings
from vedette.store import accounts, alerts
from vedette.store.pool import Store
from vedette.store.recording import record

SECRET = "a secret of the channel"


def settings(**values: object) -> AlertWorkerSettings:
    return AlertWorkerSettings.load(dsn="postgresql://unused", allow_private=True, poll_s=0.01, **values)


def worker(store: Store, **values: object) -> AlertWorker:
    return AlertWorker(store, FakeClock(), random.Random(1), settings(**values))


def add_channel(store: Store, url: str, name: str = "hook") -> int:
    account = accounts.ensure_account(store, "default")
    return alerts.add_channel(store, account, name, "webhook", {"url": url, "secret": SECRET})


def tell(store: Store, *, episodes: int = 1, ends: bool = False) -> None:
    for number in range(1, episodes + 1):
        record(store, [(found, ()) for found in episode(number)[: 2 if ends else 1]])


def due_now(store: Store) -> None:
    store.execute("UPDATE notifications SET next_attempt_at = now() WHERE state = 'pending'")


def rows(store: Store) -> list[tuple[str, int, str]]:
    found = store.rows("SELECT state, attempts, last_answer FROM notifications ORDER BY position")
    return [(row["state"], row["attempts"], row["last_answer"]) for row in found]


async def step(alert_worker: AlertWorker) -> int:
    """Deliver what is due now, and wait for it: how many."""
    async with alert_worker.client() as client:
        taken = await alert_worker.take(client)
        await alert_worker.finish()
        return taken


def with_receiver(
    rule: Callable[[Received], bytes | None], body: Callable[[Receiver], Coroutine[Any, Any, None]]
) -> None:
    async def run() -> None:
        async with receiving(rule) as receiver:
            await body(receiver)

    asyncio.run(run())
