"""The heartbeats' part of the endpoints dataflow: pings into check results, which the log then holds like any other."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import bytewax.operators as op
from bytewax.dataflow import Dataflow, Stream
from bytewax.operators import StatefulBatchLogic

from dataflows.policies import PolicyBook
from dataflows.reading import read
from dataflows.source import LogSource, Poll
from sinks.log import Publication
from sinks.patience import persist
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.events.codec import encode_json
from vedette.events.names import hash64
from vedette.events.pings import Listening, Ping, decode_ping
from vedette.events.topics import CHECKS, PINGS
from vedette.log import Log, Message
from vedette.store.heartbeats import write
from vedette.store.pool import Store
from vedette.windows.heartbeats import Beaten, HeartbeatShard

_UNSEEN_MS = 2_500
"""That a partition was read to its end may be known from as long ago (the log's port says two seconds)."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What one look at a partition holds for one shard: events with the times at which the log took them.

    None at all: the partition was read to its end.
    """

    partition: int
    at_ms: int
    events: list[tuple[int, Any]]


Routed = tuple[str, Heard | Publication]


def route(poll: Poll, shards: int) -> Iterable[Routed]:
    """Pings by shard (as the monitors' results); a gateway's word, and a partition's end, to every shard; rejects."""
    if not poll.records:
        for shard in range(shards):
            yield str(shard), Heard(poll.partition, poll.at_ms, [])
        return
    events, rejects = read(poll, PINGS.name, decode_ping)
    by_shard: dict[int, list[tuple[int, Any]]] = {}
    for record, event in events:
        for shard in [hash64(event.monitor) % shards] if isinstance(event, Ping) else range(shards):
            by_shard.setdefault(shard, []).append((record.time_ms, event))
    for shard, some in by_shard.items():
        yield str(shard), Heard(poll.partition, poll.at_ms, some)
    for reject in rejects:
        yield "rejects", reject


class HeartbeatLogic(StatefulBatchLogic[Heard, Beaten, bytes]):
    """Drives a `HeartbeatShard`: hands it what is read, and tells it when all partitions were read to their ends.

    Results are appended to the log with an identity (monitor, time), so one that comes again after a crash counts once.
    """

    def __init__(self, book: PolicyBook, partitions: int, snapshot: bytes | None) -> None:
        self._book = book
        self._ends = [0] * partitions
        self._newest_ms = 0
        self._shard = HeartbeatShard() if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - our own folder
        self._snapshot = snapshot

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[Beaten], bool]:
        """Take in what was read, and judge what can be judged."""
        persist("policies", self._book.refresh)
        for value in values:
            self._look_at_the_clock(value.at_ms)
            for logged_ms, event in value.events:
                self._snapshot = None
                if isinstance(event, Ping):
                    self._shard.hear(event, logged_ms, value.at_ms, self._plan)
                else:
                    self._shard.listening(logged_ms, value.at_ms, self._plan)
            if not value.events:
                self._ends[value.partition] = value.at_ms
        if all(self._ends) and self._shard.waits:
            self._snapshot = None
            self._shard.caught_up(min(self._ends) - _UNSEEN_MS, self._plan)
        found = self._shard.take()
        return ((found,) if found else ()), StatefulBatchLogic.RETAIN

    def _look_at_the_clock(self, at_ms: int) -> None:
        if at_ms < self._newest_ms:
            # Set back, or only another partition's look of a moment ago: ends must be seen again by this clock.
            self._shard.set_back(at_ms)
            self._ends = [min(end, at_ms) for end in self._ends]
        self._newest_ms = at_ms

    def _plan(self, monitor: int) -> Any:
        return persist("policies", lambda: self._book.plan(monitor))

    def snapshot(self) -> bytes:
        """The pickled shard; the same bytes while nothing has changed."""
        if self._snapshot is None:
            self._snapshot = pickle.dumps(self._shard, protocol=5)
        return self._snapshot


def write_rows(store: Store, items: Sequence[Beaten]) -> None:
    """States and pings of several activations in one transaction."""
    states, pings = [s for item in items for s in item.states], [p for item in items for p in item.pings]
    if states or pings:
        write(store, states, pings)


def publications(beaten: Beaten) -> list[Publication]:
    """The results as messages of the topic that probes' results are in."""
    return [
        Publication(CHECKS.name, Message(str(result.monitor).encode(), encode_json(result)))
        for result in beaten.results
    ]


def said(item: tuple[str, Heard]) -> list[tuple[str, list[int]]]:
    """When the log took a gateway's word that it listens (ms UTC), with the shard; nothing if there was none."""
    shard, heard = item
    times = [logged_ms for logged_ms, event in heard.events if isinstance(event, Listening)]
    return [(shard, times)] if times else []


def attach(
    flow: Dataflow, log: Log, store: Store, clock: Clock, book: PolicyBook, *, shards: int, stop: Callable[[], bool]
) -> tuple[list[Stream[Publication]], Stream[tuple[str, list[int]]]]:
    """Add the steps from `vedette.pings` to the tables of heartbeats.

    What is to be published, results and rejects; and for each shard when the log took the gateways' word.
    """
    partitions = log.partitions(PINGS.name)
    polls = op.input("pings", flow, LogSource(log, PINGS.name, clock, tick_s=1.0, stop=stop))
    routed = op.flat_map("route_pings", polls, lambda poll: route(poll, shards))
    # each: (shard or "rejects", Heard or Publication)
    heard = op.flat_map(
        "readable_pings", routed, lambda item: [(item[0], item[1])] if isinstance(item[1], Heard) else []
    )
    beaten = op.stateful_batch("heartbeats", heard, lambda state: HeartbeatLogic(book, partitions, state))
    found = op.map("beaten", beaten, lambda item: item[1])
    # each: Beaten
    op.output("heartbeat_rows", found, StoreSink("heartbeat rows", lambda items: write_rows(store, items)))
    rejects = op.flat_map(
        "unreadable_pings", routed, lambda item: [item[1]] if isinstance(item[1], Publication) else []
    )
    return [op.flat_map("ping_results", found, publications), rejects], op.flat_map("listening", heard, said)
