"""The archive's flow over a folder: what the log held stands in the archive, by the hours in which it happened."""

from __future__ import annotations

from pathlib import Path

import pytest

from dataflows import archive
from dataflows.running import run
from tests.integration.archive.book import HOUR, T0, Book
from tests.integration.flows.draining import put
from vedette.archive.kinds import CHECKS, SAMPLES
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.writing import Limits
from vedette.clock import SystemClock
from vedette.log import Log
from vedette.store.pool import Store

LARGE = Limits(64 << 20, 1_000_000, 3600)


def drain(log: Log, store: Store, objects: Objects, recovery: Path, limits: Limits = LARGE) -> None:
    flow = archive.build(log, store, SystemClock(), objects=objects, limits=limits, stop=lambda: True)
    run(flow, recovery, 0.1)


def test_each_event_of_each_kind_is_archived_once_in_the_order_of_the_log(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    book = Book()
    for _ in range(3):
        book.send(log, 5)
        drain(log, store, objects, tmp_path / "recovery")
        book.assert_kept(reader)
    assert book.missing(store) == 0


@pytest.mark.parametrize("limits", [Limits(1, 1_000, 3600), Limits(64 << 20, 3, 3600)])
def test_bytes_and_events_each_limit_what_is_held(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path, limits: Limits
) -> None:
    book = Book()
    book.send(log, 6)
    drain(log, store, objects, tmp_path / "recovery", limits)
    book.assert_kept(reader)
    assert len(objects.paths()) >= 6


def test_objects_lie_by_kind_account_date_and_hour_of_the_events_own_time(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    book = Book(("h1",), ())
    book.send(log, 12)
    book.send(log, 1, account=2)
    drain(log, store, objects, tmp_path / "recovery")
    folders = [path.rpartition("/")[0] for path in objects.paths()]
    assert folders == [
        "kind=samples/account=1/date=2023-11-14/hour=21",
        "kind=samples/account=1/date=2023-11-14/hour=22",
        "kind=samples/account=2/date=2023-11-14/hour=22",
    ]
    book.assert_kept(reader, 1)
    book.assert_kept(reader, 2)
    assert reader.accounts(SAMPLES, 0, 1 << 42) == [1, 2]
    assert reader.hours(SAMPLES, 1, 0, 1 << 42) == [T0 + 60_000 - HOUR, T0 + 60_000]
    assert reader.extent(SAMPLES, 1) == (T0, T0 + 110_000)
    assert reader.extent(CHECKS, 1) is None


def test_a_reader_gets_only_the_sources_names_and_times_that_it_asks_for(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    book = Book()
    book.send(log, 12)
    drain(log, store, objects, tmp_path / "recovery")
    asked = reader.events(SAMPLES, 1, T0 + 30_000, T0 + 90_000, sources=["h2", "nobody"], span_ms=24 * HOUR)
    found = [event for batch in asked for _, event in batch]
    assert found == [e for e in book.samples if e.source == "h2" and T0 + 30_000 <= e.ts < T0 + 90_000]
    assert list(reader.events(SAMPLES, 1, 0, 1 << 42, names=["memory"])) == []
    assert sum(map(len, reader.events(SAMPLES, 1, 0, 1 << 42, names=["cpu"]))) == len(book.samples)
    assert sum(map(len, reader.events(CHECKS, 1, 0, 1 << 42, sources=[8]))) == 12
    assert list(reader.events(SAMPLES, 3, 0, 1 << 42)) == []


def test_what_cannot_be_read_is_passed_over(
    log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    book = Book()
    put(log, SAMPLES.topic, ("h1", b"\xff"))
    book.send(log, 2)
    put(log, CHECKS.topic, ("7", b"{}"))
    drain(log, store, objects, tmp_path / "recovery")
    book.assert_kept(reader)
    before = store.rows("SELECT * FROM archive_positions")
    drain(log, store, objects, tmp_path / "recovery")
    assert store.rows("SELECT * FROM archive_positions") == before
