"""The part of the drift flow that counts metrics of models."""

from __future__ import annotations

import pickle
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import astuple
from functools import partial

from bytewax.operators import StatefulBatchLogic

from dataflows.drift_book import DriftBook
from dataflows.model_windows import FLOW, Heard, quiet_in, write_all
from vedette.events.model_metrics import is_metrics
from vedette.store.model_metrics import MetricRow, write_metrics
from vedette.store.pool import Store
from vedette.telemetry import metrics
from vedette.windows.model_metrics import MetricShard, MetricWindow, ToldMetrics


def measured(item: tuple[str, Heard]) -> list[tuple[str, Heard]]:
    """Of what a shard hears, metrics, and that there is nothing more to read."""
    key, heard = item
    batches = [one for one in heard.batches if is_metrics(one[1])]
    if not batches and heard.quiet_at_ms is None:
        return []
    return [(key, Heard(heard.partition, batches, heard.quiet_at_ms))]


class MetricLogic(StatefulBatchLogic[Heard, ToldMetrics, bytes]):
    """Drives a `MetricShard`."""

    def __init__(self, book: DriftBook, snapshot: bytes | None) -> None:
        self._book = book
        found = MetricShard() if snapshot is None else pickle.loads(zlib.decompress(snapshot))  # noqa: S301 - our own folder
        self._shard: MetricShard = found

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[ToldMetrics], bool]:
        """Count, and put out windows that have changed and are over."""
        shard, find = self._shard, self._book.metrics
        for value in values:
            for taken_ms, batch in value.batches:
                shard.add(batch, partial(find, since_ms=taken_ms), value.partition, taken_ms)
        told = shard.close(find, quiet_in(values))
        metrics().count("vedette_flow_duplicates_total", shard.duplicates, flow=FLOW)
        metrics().count("vedette_flow_late_total", shard.late, flow=FLOW)
        metrics().count("vedette_flow_uncounted_total", shard.uncounted, flow=FLOW)
        shard.duplicates = shard.late = shard.uncounted = 0
        return ([told] if told.windows or told.signals else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard, packed."""
        return zlib.compress(pickle.dumps(self._shard, protocol=5), 1)


def row_of(found: MetricWindow) -> MetricRow:
    """A window as it stands in the table."""
    _, *fields = astuple(found)
    return MetricRow(*fields)


def write_measured(store: Store, items: Sequence[ToldMetrics]) -> None:
    """The rows of all windows; of one that was put out again, the newest."""
    rows = [row_of(found) for item in items for found in item.windows]
    newest = {(row.model, row.version, row.metric, row.start_ms): row for row in rows}
    write_all(store, list(newest.values()), write_metrics)
