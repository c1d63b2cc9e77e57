"""The trends dataflow: check results into five-minute buckets, and those into changes of monitors' Apdex."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace

import bytewax.operators as op
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from dataflows.endpoints import decode_check
from dataflows.reading import read
from dataflows.rollup import publish
from dataflows.source import LogSource, Poll
from dataflows.trend_book import TrendBook
from sinks.log import LogSink
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.events.checks import CheckRecord
from vedette.events.names import hash64
from vedette.events.signals import Signal
from vedette.events.topics import CHECKS
from vedette.log import Log
from vedette.statistics.trends.baseline import BUCKET_MS
from vedette.store.pool import Store
from vedette.store.trends import TrendBatch, write_trends
from vedette.telemetry import metrics
from vedette.windows.trend_buckets import ALLOWANCE_MS, BucketShard, ClosedBucket
from vedette.windows.trend_declines import DeclineBook
from vedette.windows.trend_shard import DailyScores, TrendShard

FLOW = "trends"
_SLACK_MS = 5_000
"""How old the news may be that a partition was read to its end."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Check results of one poll for one shard, with the times at which the log took them.

    All that `partition` took before `until_ms` has been read, if that is not 0.
    """

    partition: int
    until_ms: int
    results: list[tuple[int, CheckRecord]]


@dataclass(frozen=True, slots=True)
class Written:
    """What one activation puts out."""

    batch: TrendBatch
    signals: list[Signal] = field(default_factory=list)
    daily: list[DailyScores] = field(default_factory=list)


class Router:
    """Results by shard; and to every shard, how far a partition has been read, when that may close a bucket.

    What cannot be read is passed over: the endpoints flow, which reads the same topic, puts it with the rejects.
    What was told is remembered by the process alone: told again after a crash, it changes nothing.
    """

    def __init__(self, shards: int) -> None:
        self._shards = shards
        self._told: dict[int, int] = {}

    def __call__(self, poll: Poll) -> Iterable[tuple[str, Heard]]:
        """What each shard gets of the poll; one that found nothing more to read tells how late it is."""
        if not poll.records:
            yield from self._all(poll.partition, poll.at_ms - _SLACK_MS)
            return
        events, _ = read(poll, CHECKS.name, decode_check)
        by_shard: dict[int, list[tuple[int, CheckRecord]]] = {}
        for record, result in events:
            by_shard.setdefault(hash64(result.monitor) % self._shards, []).append((record.time_ms, result))
        for shard, results in by_shard.items():
            yield str(shard), Heard(poll.partition, 0, results)
        until_ms = poll.records[-1].time_ms
        closed = (until_ms - ALLOWANCE_MS) // BUCKET_MS
        if closed > self._told.get(poll.partition, 0):
            self._told[poll.partition] = closed
            yield from self._all(poll.partition, until_ms)

    def _all(self, partition: int, until_ms: int) -> Iterable[tuple[str, Heard]]:
        for shard in range(self._shards):
            yield str(shard), Heard(partition, until_ms, [])


class BucketLogic(StatefulBatchLogic[Heard, ClosedBucket, bytes]):
    """Drives a `BucketShard`. Its state is small, for it is written at each epoch."""

    def __init__(self, partitions: int, snapshot: bytes | None) -> None:
        self._shard = BucketShard(partitions) if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - our own folder
        self._shard.resume(partitions)

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[ClosedBucket], bool]:
        """Count results, and close the buckets that are complete."""
        for value in values:
            for logged_ms, result in value.results:
                self._shard.add(value.partition, logged_ms, result)
            self._shard.heard(value.partition, value.until_ms)
        metrics().count("vedette_flow_duplicates_total", self._shard.duplicates, flow=FLOW)
        metrics().count("vedette_flow_late_total", self._shard.late, flow=FLOW)
        self._shard.duplicates = self._shard.late = 0
        return self._shard.close(), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard."""
        return pickle.dumps(self._shard, protocol=5)


class WatchLogic(StatefulBatchLogic[ClosedBucket, Written, bytes]):
    """Drives a `TrendShard`. It is awake only when a bucket closes: so is its large state written, and no oftener."""

    def __init__(self, book: TrendBook, snapshot: bytes | None) -> None:
        self._book = book
        found = TrendShard() if snapshot is None else pickle.loads(zlib.decompress(snapshot))  # noqa: S301 - ours
        self._shard: TrendShard = found

    def on_batch(self, values: list[ClosedBucket]) -> tuple[Iterable[Written], bool]:
        """Judge the buckets in order; how the monitors stand is told after the last."""
        self._book.refresh()
        found: list[Written] = []
        for closed in values:
            changes, daily = self._shard.take(closed, self._book)
            if changes.rows or daily:
                found.append(Written(TrendBatch(changes.rows), changes.signals, daily))
        standings = self._shard.standings(values)
        if standings:
            found.append(Written(TrendBatch((), standings)))
        return found, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard, packed: mostly small counts."""
        return zlib.compress(pickle.dumps(self._shard, protocol=5), 1)


class DeclineLogic(StatefulBatchLogic[DailyScores, Written, bytes]):
    """Drives the `DeclineBook` of all shards."""

    def __init__(self, shards: int, snapshot: bytes | None) -> None:
        found = DeclineBook(shards) if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - our own folder
        self._book: DeclineBook = found

    def on_batch(self, values: list[DailyScores]) -> tuple[Iterable[Written], bool]:
        """Judge the days that are complete."""
        found: list[Written] = []
        for value in values:
            changes = self._book.take(value)
            if changes.rows:
                found.append(Written(TrendBatch(changes.rows), changes.signals))
        return found, StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled book."""
        return pickle.dumps(self._book, protocol=5)


def daily_scores(item: tuple[str, Written]) -> list[tuple[str, DailyScores]]:
    """The item's scores, for the one place that sees them all."""
    return [("declines", replace(scores, shard=int(item[0]))) for scores in item[1].daily]


def write_outputs(store: Store, outputs: Sequence[Written]) -> None:
    """All batches in one transaction."""
    metrics().count("vedette_flow_rows_total", write_trends(store, [output.batch for output in outputs]), flow=FLOW)


def build(log: Log, store: Store, clock: Clock, *, shards: int, stop: Callable[[], bool] = lambda: False) -> Dataflow:
    """The flow from `vedette.checks` to the trend tables and `vedette.signals`."""
    partitions, book = log.partitions(CHECKS.name), TrendBook(store, clock)
    flow = Dataflow(FLOW)
    polls = op.input("checks", flow, LogSource(log, CHECKS.name, clock, stop=stop))
    heard = op.flat_map("route", polls, Router(shards))
    # each: (shard, Heard)
    closed = op.stateful_batch("buckets", heard, lambda state: BucketLogic(partitions, state))
    # each: (shard, ClosedBucket)
    watched = op.stateful_batch("watch", closed, lambda state: WatchLogic(book, state))
    # each: (shard, Written)
    daily = op.flat_map("daily", watched, daily_scores)
    # each: ("declines", DailyScores)
    declines = op.stateful_batch("declines", daily, lambda state: DeclineLogic(shards, state))
    # each: ("declines", Written)
    results = op.map("results", op.merge("found", watched, declines), lambda item: item[1])
    # Rows first: who hears of a change may ask for it.
    op.output("rows", results, StoreSink("trend rows", lambda items: write_outputs(store, items)))
    signals = op.flat_map("signals", results, lambda written: [publish(signal) for signal in written.signals])
    op.output("publish", signals, LogSink(log))
    return flow
