"""Folding: what the rollup made of the log, it makes of the archive too."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.integration.archive.book import HOUR, Book
from tests.integration.archive.test_flow import drain
from tests.integration.flows.draining import put
from vedette.archive import merging
from vedette.archive.kinds import SAMPLES
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.tidying import Tidier, TidyConfig
from vedette.archive.writing import Limits
from vedette.clock import FakeClock
from vedette.events.codec import decode_packed, encode_packed
from vedette.events.samples import PackedSamples
from vedette.log import Log
from vedette.store.pool import Store
from vedette.windows.rollup import RollupConfig, RollupShard

Row = tuple[int, int, int, int]
"""Tier, layout, bucket, source."""


def folded(batches: Iterable[list[tuple[int, PackedSamples]]]) -> tuple[dict[Row, tuple[object, ...]], int]:
    """Every row that comes out, and how many reports were dropped as duplicates."""
    shard = RollupShard(RollupConfig())
    for batch in batches:
        shard.fold(batch)
    output = shard.flush(1 << 41, last=True)
    found: dict[Row, tuple[object, ...]] = {}
    for block in output.rows:
        cells = block.cells
        for at, (source, bucket) in enumerate(zip(cells.sources.tolist(), block.buckets.tolist(), strict=True)):
            matrices = (cells.sums, cells.mins, cells.maxs, cells.lasts)
            row = (int(cells.n[at]), int(cells.last_ts[at]), *(matrix[at].tobytes() for matrix in matrices))
            found[block.tier, block.layout_id, bucket, source] = row
    return found, output.duplicates


def from_log(log: Log) -> Iterable[list[tuple[int, PackedSamples]]]:
    for partition in range(log.partitions(SAMPLES.topic)):
        records = log.read(SAMPLES.topic, partition, 0, 1_000_000)
        yield [(record.time_ms, decode_packed(record.value)) for record in records]


@pytest.mark.parametrize("whole_up_to", [1 << 20, 0])
@pytest.mark.parametrize("span_ms", [HOUR, 24 * HOUR])
def test_the_archive_folds_to_the_rows_of_the_log_bit_by_bit(
    log: Log,
    store: Store,
    objects: Objects,
    reader: ArchiveReader,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    whole_up_to: int,
    span_ms: int,
) -> None:
    monkeypatch.setattr(merging, "_WHOLE", whole_up_to)
    book = Book()
    book.send(log, 30)
    put(log, SAMPLES.topic, *((report.source, encode_packed(report)) for report in book.samples[:5]))  # sent twice
    drain(log, store, objects, tmp_path / "recovery", Limits(64 << 20, 8, 3600))
    expected, duplicates = folded(from_log(log))
    assert (len(expected) > 30, duplicates) == (True, 5)
    for _ in range(2):
        rows, dropped = folded(reader.events(SAMPLES, 1, 0, 1 << 42, span_ms=span_ms))
        assert rows.keys() == expected.keys()
        assert (rows, dropped) == (expected, duplicates)
        Tidier(store, objects, TidyConfig(-1, 3600, 0), FakeClock(), lambda seconds: False).go_round()
