"""Tidying: hours become one object under the eyes of their readers, and what is old goes."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from tests.integration.archive.book import HOUR, T0, Book
from tests.integration.archive.test_flow import drain
from vedette.archive.files import UnreadableArchive
from vedette.archive.kinds import SAMPLES
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.tidying import Tidier, TidyConfig, merge
from vedette.archive.writing import Limits
from vedette.clock import FakeClock
from vedette.log import Log
from vedette.store import archive_tidying as chores
from vedette.store.archive_tidying import Hour
from vedette.store.pool import Store

SMALL = Limits(64 << 20, 3, 3600)
AT_ONCE = TidyConfig(settle_s=-1, grace_s=-1, days=0)
LATER = TidyConfig(settle_s=-1, grace_s=3600, days=0)


def tidier(store: Store, objects: Objects, config: TidyConfig, now_ms: int = T0) -> Tidier:
    return Tidier(store, objects, config, FakeClock(now_ms), lambda seconds: False)


@pytest.fixture
def book(log: Log, store: Store, objects: Objects, tmp_path: Path) -> Book:
    """What many small objects hold, of two hours."""
    sent = Book()
    sent.send(log, 20)
    drain(log, store, objects, tmp_path / "recovery", SMALL)
    return sent


def test_the_objects_of_an_hour_become_one_and_hold_the_same(
    book: Book, store: Store, objects: Objects, reader: ArchiveReader
) -> None:
    assert len(objects.paths()) > 20
    tidier(store, objects, AT_ONCE).go_round()
    assert len(objects.paths()) == 4
    book.assert_kept(reader)
    rows = store.rows("SELECT path, bytes FROM archive_objects")
    assert {row["path"]: row["bytes"] for row in rows} == {path: len(objects.get(path)) for path in objects.paths()}


def test_a_reader_that_began_before_a_merge_reads_on(
    book: Book, store: Store, objects: Objects, reader: ArchiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vedette.archive.reader._WEIGHT", 1)
    running = reader.events(SAMPLES, 1, 0, 1 << 42)
    found = [event for _, event in next(running)]
    tidier(store, objects, LATER).go_round()
    found += [event for batch in running for _, event in batch]
    assert len(found) == len(book.samples)
    assert {(e.source, e.seq) for e in found} == {(e.source, e.seq) for e in book.samples}


def test_two_who_merge_the_same_hour_at_once_double_nothing(
    book: Book, store: Store, objects: Objects, reader: ArchiveReader
) -> None:
    hour = Hour("samples", 1, T0 + 60_000)
    threads = [threading.Thread(target=merge, args=(store, objects, hour)) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert merge(store, objects, hour) == 0
    book.assert_kept(reader)


def test_what_comes_late_to_a_merged_hour_is_merged_again(
    book: Book, log: Log, store: Store, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    tidier(store, objects, AT_ONCE).go_round()
    book.rounds = 0  # the same times once more, as from a spool
    book.send(log, 3)
    drain(log, store, objects, tmp_path / "recovery", SMALL)
    tidier(store, objects, AT_ONCE).go_round()
    assert len(objects.paths()) == 4
    book.assert_kept(reader)


def test_an_hour_is_left_alone_until_it_is_settled(book: Book, store: Store, objects: Objects) -> None:
    before = objects.paths()
    tidier(store, objects, TidyConfig(settle_s=60, grace_s=-1, days=0)).go_round()
    assert objects.paths() == before


def test_hours_that_are_too_old_go_and_the_next_one_stays(
    book: Book, store: Store, objects: Objects, reader: ArchiveReader
) -> None:
    border = T0 + 60_000
    day = 24 * HOUR
    tidier(store, objects, TidyConfig(settle_s=60, grace_s=3600, days=1), border + day).go_round()
    assert reader.hours(SAMPLES, 1, 0, 1 << 42) == [border - HOUR, border]
    before = objects.paths()
    tidier(store, objects, TidyConfig(settle_s=60, grace_s=3600, days=1), border + day + 1).go_round()
    assert reader.hours(SAMPLES, 1, 0, 1 << 42) == [border]
    assert objects.paths() == before  # somebody may be reading them
    tidier(store, objects, TidyConfig(settle_s=60, grace_s=-1, days=1), border + day + 1).go_round()
    assert {path.rpartition("hour=")[2][:2] for path in objects.paths()} == {"22"}


def test_one_tidies_at_a_time(store: Store) -> None:
    assert chores.take_lease(store, "a", 60)
    assert not chores.take_lease(store, "b", 60)
    assert chores.take_lease(store, "a", -1)
    assert chores.take_lease(store, "b", 60)


def test_a_damaged_object_is_named_and_never_merged_into_another(
    book: Book, store: Store, objects: Objects, reader: ArchiveReader
) -> None:
    path = next(path for path in objects.paths() if path.startswith("kind=samples"))
    data = bytearray(objects.get(path))
    for at in range(4, len(data) // 2):
        data[at] ^= 0x55
    objects.put(path, bytes(data))
    with pytest.raises(UnreadableArchive, match=r"row group|no Parquet"):
        list(reader.events(SAMPLES, 1, 0, 1 << 42))
    tidier(store, objects, AT_ONCE).go_round()
    assert path in {row["path"] for row in store.rows("SELECT path FROM archive_objects")}


def test_an_object_that_was_deleted_by_hand_is_named(book: Book, objects: Objects, reader: ArchiveReader) -> None:
    path = next(path for path in objects.paths() if path.startswith("kind=samples"))
    objects.delete(path)
    with pytest.raises(UnreadableArchive, match=f"no object {path}, though the manifest lists it"):
        list(reader.events(SAMPLES, 1, 0, 1 << 42))
