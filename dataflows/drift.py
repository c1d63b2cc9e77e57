"""The drift dataflow: rows of models into windows, and those into verdicts, rows and signals."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from operator import itemgetter
from typing import Any

import bytewax.operators as op
import zstandard
from bytewax.dataflow import Dataflow
from bytewax.operators import StatefulBatchLogic

from dataflows.drift_book import DriftBook
from dataflows.model_metrics import MetricLogic, measured, write_measured
from dataflows.model_windows import FLOW, Heard, quiet_in, write_all
from dataflows.multivariate import MultivariateLogic, Samples, wanted, write_looked
from dataflows.quality import QualityLogic, narrowed, write_told
from dataflows.reading import read
from dataflows.rollup import publish
from dataflows.source import LogSource, Poll
from sinks.log import LogSink, Publication
from sinks.store import StoreSink
from vedette.clock import Clock
from vedette.events.features import FeatureBatch, decode_batch
from vedette.events.model_metrics import holds_rows
from vedette.events.names import hash64
from vedette.events.topics import FEATURES
from vedette.log import Log
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.describing import describe_counts
from vedette.store.drift import DriftRow, write_windows
from vedette.store.pool import Store
from vedette.telemetry import metrics
from vedette.windows.drift import DriftShard
from vedette.windows.drift_told import Closed, ClosedFeature, ClosedSegment

_ZSTD = b"\x28\xb5\x2f\xfd"


class Router:
    """Batches by shard; a poll that found nothing tells all shards of the partition so."""

    def __init__(self, shards: int) -> None:
        self._shards = shards

    def __call__(self, poll: Poll) -> Iterable[tuple[str, Heard | Publication]]:
        """What each shard gets, and rejects under the key `rejects`."""
        if not poll.records:
            for shard in range(self._shards):
                yield str(shard), Heard(poll.partition, [], poll.at_ms)
            return
        events, rejects = read(poll, FEATURES.name, decode_batch)
        by_shard: dict[int, list[tuple[int, FeatureBatch]]] = {}
        for record, batch in events:
            by_shard.setdefault(hash64(batch.model) % self._shards, []).append((record.time_ms, batch))
        for shard, batches in by_shard.items():
            yield str(shard), Heard(poll.partition, batches)
        for reject in rejects:
            yield "rejects", reject


class DriftLogic(StatefulBatchLogic[Heard, Closed, bytes]):
    """Drives a `DriftShard`."""

    def __init__(self, book: DriftBook, snapshot: bytes | None) -> None:
        self._book = book
        found = DriftShard() if snapshot is None else pickle.loads(unpacked(snapshot))  # noqa: S301 - our own folder
        self._shard: DriftShard = found

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[Closed], bool]:
        """Count, and judge the windows that are over."""
        shard, find = self._shard, self._book.find
        for value in values:
            for taken_ms, batch in value.batches:
                shard.add(batch, partial(find, since_ms=taken_ms), value.partition)
        closed = shard.close(find, quiet_in(values))
        metrics().count("vedette_flow_duplicates_total", shard.duplicates, flow=FLOW)
        metrics().count("vedette_flow_late_total", shard.late, flow=FLOW)
        metrics().count("vedette_flow_uncounted_total", shard.uncounted, flow=FLOW)
        shard.duplicates = shard.late = shard.uncounted = 0
        return ([closed] if closed.features or closed.signals else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard, packed by zstd, which is soon done with what cannot be packed: sketches of numbers."""
        return zstandard.ZstdCompressor(level=1).compress(pickle.dumps(self._shard, protocol=5))


def unpacked(snapshot: bytes) -> bytes:
    """What was packed by zstd, or by an older version with zlib."""
    if snapshot[:4] == _ZSTD:
        return zstandard.ZstdDecompressor().decompress(snapshot)
    return zlib.decompress(snapshot)


def row_of(found: ClosedFeature) -> DriftRow:
    """A closed window as it stands in the table."""
    counts, moments = found.counts, found.counts.moments
    numbers = {**_numbers(counts), "n": moments.n, "mean": moments.mean, "deviation": moments.deviation}
    numbers |= describe_counts(counts)
    if found.charts:
        numbers["charts"] = found.charts
    return DriftRow(
        found.model,
        found.version,
        found.feature,
        found.start_ms,
        found.window_s,
        found.reference,
        found.verdict.state,
        found.raised,
        counts.rows,
        numbers,
        found.verdict,
        None if found.segments is None else [_segment(one) for one in found.segments],
    )


def _segment(one: ClosedSegment) -> dict[str, Any]:
    state = {"segment": one.segment, "state": one.verdict.state, "raised": one.raised, "rows": one.counts.rows}
    return {**state, "counts": _numbers(one.counts), "verdict": one.verdict}


def _numbers(counts: Counts) -> dict[str, Any]:
    beside = {"missing": counts.missing, "other": counts.other, "below": counts.below, "above": counts.above}
    return {"bins": counts.bins.tolist(), **beside}


def write_closed(store: Store, items: Sequence[Closed]) -> None:
    """The rows of all windows."""
    write_all(store, [row_of(found) for item in items for found in item.features], write_windows)


def _heard(item: tuple[str, Heard | Publication]) -> list[tuple[str, Heard]]:
    key, value = item
    return [(key, value)] if isinstance(value, Heard) else []


def _rows(item: tuple[str, Heard]) -> list[tuple[str, Heard]]:
    key, heard = item
    rows = [one for one in heard.batches if holds_rows(one[1])]
    if len(rows) == len(heard.batches):
        return [item]
    return [(key, Heard(heard.partition, rows, heard.quiet_at_ms))] if rows else []


def build(log: Log, store: Store, clock: Clock, *, shards: int, stop: Callable[[], bool] = lambda: False) -> Dataflow:
    """The flow from `vedette.features` to the table of windows and `vedette.signals`."""
    book = DriftBook(store, clock)
    flow = Dataflow(FLOW)
    polls = op.input("features", flow, LogSource(log, FEATURES.name, clock, stop=stop))
    routed = op.flat_map("route", polls, Router(shards))
    # each: (shard or "rejects", Heard or Publication)
    heard = op.flat_map("readable", routed, _heard)
    judged = op.stateful_batch("windows", op.flat_map("seen", heard, _rows), lambda s: DriftLogic(book, s))
    # each: (shard, Closed)
    results = op.map("results", judged, lambda item: item[1])
    # Rows first: who hears of drift may ask for it.
    op.output("rows", results, StoreSink("drift windows", lambda items: write_closed(store, items)))
    signals = op.flat_map("signals", results, lambda closed: [publish(signal) for signal in closed.signals])
    told = op.flat_map("labelled", heard, partial(narrowed, book))
    qualities = op.map("qualities", op.stateful_batch("quality", told, lambda s: QualityLogic(book, s)), itemgetter(1))
    op.output("quality rows", qualities, StoreSink("quality windows", lambda items: write_told(store, items)))
    changes = op.flat_map("quality signals", qualities, lambda told: [publish(signal) for signal in told.signals])
    told = op.flat_map("measured", heard, measured)
    sums = op.map("sums", op.stateful_batch("metrics", told, lambda s: MetricLogic(book, s)), itemgetter(1))
    op.output("metric rows", sums, StoreSink("metric windows", lambda items: write_measured(store, items)))
    moves = op.flat_map("metric signals", sums, lambda told: [publish(signal) for signal in told.signals])
    samples = Samples(store)
    asked = op.flat_map("together", heard, partial(wanted, book))
    looked = op.stateful_batch("multivariate", asked, lambda s: MultivariateLogic(book, samples, s))
    wholes = op.map("wholes", looked, itemgetter(1))
    op.output("multivariate rows", wholes, StoreSink("multivariate windows", lambda items: write_looked(store, items)))
    shifts = op.flat_map("multivariate signals", wholes, lambda found: [publish(signal) for signal in found.signals])
    rejects = op.flat_map("unreadable", routed, lambda item: [item[1]] if isinstance(item[1], Publication) else [])
    op.output("publish", op.merge("published", signals, changes, moves, shifts, rejects), LogSink(log))
    return flow
