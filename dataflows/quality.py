"""The part of the drift flow that joins outcomes to predictions."""

from __future__ import annotations

import math
import pickle
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import msgspec
from bytewax.operators import StatefulBatchLogic

from dataflows.drift_book import DriftBook
from vedette.errors import InvalidInput
from vedette.events.features import FeatureBatch
from vedette.events.outcomes import is_outcomes
from vedette.store.pool import Store
from vedette.store.quality import QualityRow, write_quality
from vedette.telemetry import get_logger, metrics
from vedette.windows.quality import QualityShard, QualityWindow, Told

FLOW = "drift"
AT_ONCE = 2000
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Batches of one poll for one shard, each with the time (ms UTC) at which the log took it.

    `quiet_at_ms` is the wall clock if the partition was read to its end.
    """

    partition: int
    batches: list[tuple[int, FeatureBatch]]
    quiet_at_ms: int | None = None


def narrowed(book: DriftBook, item: tuple[str, Heard]) -> list[tuple[str, Heard]]:
    """Of what a shard hears, outcomes and predictions of models with a task, without all other columns."""
    key, heard = item
    batches = []
    for taken_ms, batch in heard.batches:
        subject = book.quality(batch.model, taken_ms)
        if subject is None:
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
        quiet: dict[int, int] = {}
        for value in values:
            quiet.pop(value.partition, None)
            if value.quiet_at_ms is not None:
                quiet[value.partition] = value.quiet_at_ms
            for taken_ms, batch in value.batches:
                shard.add(batch, partial(find, since_ms=taken_ms), value.partition, taken_ms)
        told = shard.close(find, quiet)
        metrics().count("vedette_flow_unjoined_total", shard.dropped, flow=FLOW)
        metrics().count("vedette_flow_duplicates_total", shard.duplicates, flow=FLOW)
        shard.duplicates = shard.dropped = 0
        return ([told] if told.windows or told.signals else []), StatefulBatchLogic.RETAIN

    def snapshot(self) -> bytes:
        """The pickled shard, packed."""
        return zlib.compress(pickle.dumps(self._shard, protocol=5), 1)


def plain(value: Any) -> dict[str, Any]:
    """As JSON has it: numbers that are none, and infinite ones, are null."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


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
    """The rows of all windows, `AT_ONCE` in a transaction. What no table can hold is told, and costs itself alone."""
    newest = {(row.model, row.version, row.start_ms): row for item in items for row in map(row_of, item.windows)}
    rows = list(newest.values())
    for begin in range(0, len(rows), AT_ONCE):
        some = rows[begin : begin + AT_ONCE]
        try:
            written = write_quality(store, some)
        except InvalidInput:
            written = sum(_written_alone(store, row) for row in some)
        metrics().count("vedette_flow_rows_total", written, flow=FLOW)


def _written_alone(store: Store, row: QualityRow) -> int:
    try:
        return write_quality(store, [row])
    except InvalidInput as error:
        get_logger("drift").error("window_not_written", model=row.model, feature="quality", error=str(error))
        return 0
