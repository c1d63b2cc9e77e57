"""Flows in this process: each reads its topic to the end, writes what it has, and ends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from alerting.book import RuleBook
from dataflows import alerts, endpoints, rollup
from dataflows.running import run
from vedette.clock import SystemClock
from vedette.events.codec import decode_reject
from vedette.events.signals import Reject
from vedette.events.topics import REJECTS
from vedette.log import Log, Message
from vedette.store.pool import Store
from vedette.windows.asking import Ask
from vedette.windows.rollup import RollupConfig, Watch

AT_ONCE = RollupConfig(flush_ms=1, settle_ms=0, idle_ms=0)
"""Every source counts as quiet at the end, so that the rows of all tiers are put out."""


def nothing_watched(account: int, source: str, layout: bytes) -> tuple[tuple[int, str], ...]:
    return ()


def drain_rollup(
    log: Log,
    store: Store,
    recovery: Path,
    watch: Watch = nothing_watched,
    ask: Ask = lambda account: (),
    shards: int = 4,
) -> None:
    flow = rollup.build(
        log, store, SystemClock(), config=AT_ONCE, shards=shards, watch=watch, ask=ask, stop=lambda: True
    )
    run(flow, recovery / "rollup", 0.1)


def drain_endpoints(log: Log, store: Store, recovery: Path) -> None:
    wanted = RuleBook(store, SystemClock()).checks
    flow = endpoints.build(log, store, SystemClock(), shards=4, wanted=wanted, stop=lambda: True)
    run(flow, recovery / "endpoints", 0.1)


def drain_alerts(log: Log, store: Store, recovery: Path) -> None:
    book = RuleBook(store, SystemClock())
    run(alerts.build(log, store, SystemClock(), book=book, stop=lambda: True), recovery / "alerts", 0.1)


def put(log: Log, topic: str, *messages: tuple[str, bytes]) -> None:
    """Append (key, value) pairs and wait until they are durable."""
    log.produce(topic, [Message(key.encode(), value) for key, value in messages]).result(30)


def everything(log: Log, topic: str) -> list[bytes]:
    return [
        record.value for partition in range(log.partitions(topic)) for record in log.read(topic, partition, 0, 100_000)
    ]


def decoded(log: Log, topic: str) -> list[dict[str, Any]]:
    """A JSON topic's messages, in the order of `at`."""
    return sorted((msgspec.json.decode(value) for value in everything(log, topic)), key=lambda event: event["at"])


def rejects(log: Log) -> list[Reject]:
    return [decode_reject(value) for value in everything(log, REJECTS.name)]
