"""The part of the drift flow that looks at all columns of a model together."""

from __future__ import annotations

import pickle
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from bytewax.operators import StatefulBatchLogic

from dataflows.drift_book import DriftBook
from dataflows.model_windows import Heard, quiet_in, write_all
from sinks.patience import persist
from vedette.errors import InvalidInput
from vedette.events.features import Column, decode_batch
from vedette.events.model_metrics import holds_rows
from vedette.store import multivariate
from vedette.store.multivariate import MultivariateRow
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics
from vedette.windows.multivariate import Looked, MultivariateShard
from vedette.windows.quality_config import values_of

KEPT = 8
"""Samples of references that are held, of those asked for last."""
Columns = Mapping[str, list[Any]]


class Samples:
    """Samples of references by number, read from the store when they are asked for, by any thread. While the store is
    away, whoever asks waits."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._held: OrderedDict[int, list[Column]] = OrderedDict()  # as packed as they came: lists are four times that
        self._lock = threading.Lock()  # never held while the store is read: two may read the same then

    def __call__(self, reference: int) -> Columns | None:
        """By column; None if the reference has none."""
        with self._lock:
            found = self._held.get(reference)
            if found is not None:
                self._held.move_to_end(reference)
        if found is None:
            found = self._read(reference)
            if found is None:
                return None
            with self._lock:
                self._held[reference] = found
                while len(self._held) > KEPT:
                    self._held.popitem(last=False)
        return {column.name: values_of(column) for column in found}

    def _read(self, reference: int) -> list[Column] | None:
        written = persist("sample", partial(multivariate.sample, self._store, reference))
        if written is None:
            return None
        try:
            return decode_batch(zlib.decompress(written)).columns
        except (InvalidInput, zlib.error) as error:  # of another version of Vedette
            get_logger("drift").error("sample_not_understood", reference=reference, error=str(error))
            return None


def wanted(book: DriftBook, item: tuple[str, Heard]) -> list[tuple[str, Heard]]:
    """Of what a shard hears, rows of models whose columns are looked at together, and that there is nothing more to
    read."""
    key, heard = item
    batches = []
    for taken_ms, batch in heard.batches:
        if holds_rows(batch):
            subject = book.find(batch.model, batch.version, taken_ms)
            if subject is not None and subject.config.multivariate_s is not None:
                batches.append((taken_ms, batch))
    if not batches and heard.quiet_at_ms is None:
        return []
    return [(key, Heard(heard.partition, batches, heard.quiet_at_ms))]


class MultivariateLogic(StatefulBatchLogic[Heard, Looked, bytes]):
    """Drives a `MultivariateShard`."""

    def __init__(self, book: DriftBook, samples: Samples, snapshot: bytes | None) -> None:
        self._book, self._samples = book, samples
        found = MultivariateShard() if snapshot is None else pickle.loads(snapshot)  # noqa: S301 - our own folder
        self._shard: MultivariateShard = found

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[Looked], bool]:
        """Look at rows, and judge a window that is over."""
        for value in values:
            for taken_ms, batch in value.batches:
                self._shard.add(batch, partial(self._book.find, since_ms=taken_ms), value.partition)
        metrics().count("vedette_flow_late_total", self._shard.late, flow="multivariate")
        self._shard.late = 0
        looked = self._shard.close(self._book.find, self._samples, quiet_in(values))
        return ([looked] if looked.windows or looked.signals else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard: what is large in it is packed already, once."""
        return pickle.dumps(self._shard, protocol=5)


def write_looked(store: Store, items: Sequence[Looked]) -> None:
    """The rows of all windows."""
    rows = [
        MultivariateRow(
            found.model,
            found.version,
            found.start_ms,
            found.window_s,
            found.reference,
            found.state,
            found.raised,
            found.rows,
            found.result,
        )
        for item in items
        for found in item.windows
    ]
    write_all(store, rows, multivariate.write_windows)
