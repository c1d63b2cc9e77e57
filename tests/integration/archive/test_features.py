"""Rows of models out of the archive, as a reference of the past reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ingest_api.intake.features import pack
from tests.integration.archive.book import HOUR, T0
from tests.integration.archive.test_flow import drain
from tests.integration.flows.draining import put
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.clock import SystemClock
from vedette.events.features import FeatureBatch, encode_batch
from vedette.events.topics import FEATURES
from vedette.history.queries import History
from vedette.history.reports import Reports
from vedette.log import Log
from vedette.settings import ArchiveQuerySettings, TableSettings
from vedette.store.pool import Store


def test_the_batches_of_a_model_in_a_range_are_read(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    for model, seq, at in ((1, 1, T0), (1, 2, T0 + HOUR), (2, 3, T0), (1, 4, T0 + 5 * HOUR)):
        ts = np.array([at, at + 1], "<i8").tobytes()
        batch = FeatureBatch(1, model, "", 7, seq, ts, [pack("age", [1.0, None]), pack("plan", ["a", None])])
        put(log, FEATURES.name, (str(model), encode_batch(batch)))
    drain(log, store, objects, tmp_path / "recovery")
    settings, tables = ArchiveQuerySettings.load(archive_url=f"file://{tmp_path}/archive"), TableSettings.load()
    history = History(store, SystemClock(), settings, tables, lambda: Reports(store, reader))
    found = list(history.feature_batches(1, 1, T0, T0 + 2 * HOUR))
    assert [batch.seq for batch in found] == [1, 2]
    assert found[0].columns == [pack("age", [1.0, None]), pack("plan", ["a", None])]
    assert list(history.feature_batches(2, 1, T0, T0 + 2 * HOUR)) == []
    without = History(store, SystemClock(), settings, tables, None)
    assert list(without.feature_batches(1, 1, T0, T0 + 2 * HOUR)) == []
