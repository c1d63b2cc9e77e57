"""The part of the drift flow that joins outcomes to predictions."""

from __future__ import annotations

import math
import pickle
import zlib
from collections.abc import Iterable, Sequence
from functools import partial

import msgspec
from bytewax.operators import StatefulBatchLogic

from dataflows.drift_book import DriftBook
from dataflows.model_windows import FLOW, Heard, plain, quiet_in, write_all
from vedette.events.model_metrics import is_metrics
from vedette.events.outcomes import is_outcomes
from vedette.store.pool import Store
from vedette.store.quality import QualityRow, write_quality
from vedette.telemetry import metrics
from vedette.windows.quality import QualityShard, QualityWindow, Told


def narrowed(book: DriftBook, item: tuple[str, Heard]) -> list[tuple[str, Heard]]:
    """Of what a shard hears, outcomes and predictions of models with a task, without all other columns."""
    key, heard = item
    batches = []
    for taken_ms, batch in heard.batches:
        subject = book.quality(batch.model, taken_ms)
        if subject is None or is_metrics(batch):
            continue
        if not is_outcomes(batch):
            columns = [one for one in batch.columns if one.name == subject.config.prediction]
            if not columns:
                continue
            batch = msgspec.structs.replace(batch, columns=columns)  # noqa: PLW2901 - the same rows
        batches.append((taken_ms, batch))
    if not batches and heard.quiet_at_ms is None:
        return []
    return [(key, Heard(heard.partition, batches, heard.quiet_at_ms))]


class QualityLogic(StatefulBatchLogic[Heard, Told, bytes]):
    """Drives a `QualityShard`."""

    def __init__(self, book: DriftBook, snapshot: bytes | None) -> None:
        self._book = book
        found = QualityShard() if snapshot is None else pickle.loads(zlib.decompress(snapshot))  # noqa: S301 - our own folder
        self._shard: QualityShard = found

    def on_batch(self, values: list[Heard]) -> tuple[Iterable[Told], bool]:
        """Join, and put out windows that have changed and are over."""
        shard, find = self._shard, self._book.quality
        for value in values:
            for taken_ms, batch in value.batches:
                shard.add(batch, partial(find, since_ms=taken_ms), value.partition, taken_ms)
        told = shard.close(find, quiet_in(values))
        metrics().count("vedette_flow_unjoined_total", shard.dropped, flow=FLOW)
        metrics().count("vedette_flow_duplicates_total", shard.duplicates, flow=FLOW)
        shard.duplicates = shard.dropped = 0
        return ([told] if told.windows or told.signals else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard, packed."""
        return zlib.compress(pickle.dumps(self._shard, protocol=5), 1)


def row_of(found: QualityWindow) -> QualityRow:
    """A window as it stands in the table."""
    values = plain(found.metrics)
    if math.isfinite(found.auc_within):
        values["auc_within"] = found.auc_within
    return QualityRow(
        found.model,
        found.version,
        found.start_ms,
        found.window_s,
        found.rows,
        found.labelled,
        found.skipped,
        values,
        plain(found.intervals),
        plain(found.estimated),
    )


def write_told(store: Store, items: Sequence[Told]) -> None:
    """The rows of all windows; of one that was put out again, the newest."""
    newest = {(row.model, row.version, row.start_ms): row for item in items for row in map(row_of, item.windows)}
    write_all(store, list(newest.values()), write_quality)
