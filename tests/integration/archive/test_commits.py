"""Commits: whatever is repeated, interleaved or left half done, each event is in the archive once."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.integration.archive.book import Book
from vedette.archive.kinds import CHECKS, SAMPLES
from vedette.archive.objects import Objects
from vedette.archive.reader import ArchiveReader
from vedette.archive.resuming import resume
from vedette.archive.writing import Limits, PartitionWriter
from vedette.clock import FakeClock
from vedette.errors import ArchiveUnavailable, Conflict, StoreUnavailable
from vedette.log import Log
from vedette.store import archive as manifest
from vedette.store import archive_tidying as chores
from vedette.store.archive import Outcome, Position
from vedette.store.pool import Store

LIMITS = Limits(64 << 20, 1_000_000, 60)


class Rig:
    """One partition of samples, and any number of writers of it."""

    def __init__(self, log: Log, store: Store, objects: Objects) -> None:
        self.log, self.store, self.objects, self.clock = log, store, objects, FakeClock()
        self.book = Book(("h1",), ())
        self.book.send(log, 20)
        self.partition = next(p for p, b in enumerate(log.bounds(SAMPLES.topic)) if b.end)

    def writer(self, upto: int) -> PartitionWriter:
        """A writer that has begun where the manifest says, and read so far."""
        start = resume(self.log, self.store, SAMPLES.topic, self.partition)
        made = PartitionWriter(SAMPLES, self.partition, start, self.store, self.objects, LIMITS, self.clock)
        self.feed(made, start.next_offset, upto)
        return made

    def feed(self, writer: PartitionWriter, start: int, upto: int) -> None:
        for record in self.log.read(SAMPLES.topic, self.partition, start, upto - start):
            writer.take(record)

    def position(self) -> Position:
        return manifest.position(self.store, SAMPLES.topic, self.partition)


@pytest.fixture
def rig(log: Log, store: Store, objects: Objects) -> Rig:
    return Rig(log, store, objects)


def test_of_two_writers_with_other_boundaries_the_second_adds_only_what_the_first_did_not(
    rig: Rig, reader: ArchiveReader
) -> None:
    slow, fast = rig.writer(15), rig.writer(8)
    fast.flush()
    slow.flush()
    behind = rig.writer(0)
    rig.feed(fast, 8, 12)
    fast.flush()  # all of it is archived by now
    rig.feed(fast, 12, 20)
    rig.feed(behind, 8, 20)
    fast.flush()
    behind.flush()
    assert rig.position().next_offset == 20
    rig.book.assert_kept(reader)


def test_any_interleaving_of_writers_that_die_keeps_each_event_once(rig: Rig, reader: ArchiveReader) -> None:
    chance = random.Random(7)
    while rig.position().next_offset < 20:
        writers = [rig.writer(chance.randint(1, 20)) for _ in range(3)]
        for writer in chance.sample(writers, 2):  # the third dies
            writer.flush()
    rig.book.assert_kept(reader)


def test_an_upload_that_was_never_committed_is_not_seen_and_is_deleted_after_its_time(
    rig: Rig, reader: ArchiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "commit", _away)
        with pytest.raises(StoreUnavailable):
            rig.writer(20).flush()
    left = rig.objects.paths()
    assert len(left) == 2
    assert list(reader.events(SAMPLES, 1, 0, 1 << 42)) == []
    rig.writer(9).flush()
    assert chores.delete_left_behind(rig.store, 3600, rig.objects.delete, 10) == 0
    assert chores.delete_left_behind(rig.store, -1, rig.objects.delete, 10) == 2
    assert not set(left) & set(rig.objects.paths())
    rig.writer(20).flush()
    rig.book.assert_kept(reader)


def test_a_writer_whose_uploads_were_given_up_uploads_again(
    rig: Rig, reader: ArchiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer = rig.writer(20)
    with monkeypatch.context() as patch:
        patch.setattr(manifest, "commit", _away)
        with pytest.raises(StoreUnavailable):
            writer.flush()
    chores.delete_left_behind(rig.store, -1, rig.objects.delete, 10)
    assert rig.objects.paths() == []
    writer.flush()
    rig.book.assert_kept(reader)


def test_a_commit_whose_answer_was_lost_is_not_done_twice(
    rig: Rig, reader: ArchiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, commit = rig.writer(20), manifest.commit

    def deaf(*arguments: object) -> Outcome:
        commit(*arguments)  # type: ignore[arg-type]  # passed on as they come
        raise StoreUnavailable("cut")

    with monkeypatch.context() as patch:
        patch.setattr(manifest, "commit", deaf)
        with pytest.raises(StoreUnavailable):
            writer.flush()
    writer.flush()
    rig.feed(writer, 0, 20)
    writer.flush()
    rig.book.assert_kept(reader)


def test_an_object_store_that_is_away_in_the_middle_of_a_batch_is_gone_on_with(
    rig: Rig, reader: ArchiveReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer, put, answers = rig.writer(20), rig.objects.put, [True, False]

    def failing(path: str, data: bytes) -> None:
        if not answers.pop(0):
            raise ArchiveUnavailable("away")
        put(path, data)

    with monkeypatch.context() as patch:
        patch.setattr(rig.objects, "put", failing)
        with pytest.raises(ArchiveUnavailable):
            writer.flush()
    assert list(reader.events(SAMPLES, 1, 0, 1 << 42)) == []
    writer.flush()
    rig.book.assert_kept(reader)


def test_what_is_held_grows_old_with_the_clock(rig: Rig) -> None:
    writer = rig.writer(0)
    rig.clock.advance(100)
    assert not writer.old()
    rig.feed(writer, 0, 1)
    rig.clock.advance(59)
    assert not writer.old()
    rig.clock.advance(1)
    assert writer.old()
    writer.flush()
    assert not writer.old()


@contextmanager
def log_made_anew(log: Log) -> Iterator[None]:
    """What an operator does who deletes the log's file and starts again."""
    for partition in range(log.partitions(SAMPLES.topic)):
        log._query("DELETE FROM message WHERE id >= ?", (0,))  # type: ignore[attr-defined]
        log._query("UPDATE partition SET first_offset = 0, next_offset = 0", ())  # type: ignore[attr-defined]
        assert log.bounds(SAMPLES.topic)[partition].end == 0
    yield


@pytest.mark.parametrize("rounds", [5, 20, 30])
def test_a_log_that_was_made_anew_is_archived_from_its_beginning_however_long_it_is(
    rig: Rig, reader: ArchiveReader, rounds: int
) -> None:
    rig.writer(20).flush()
    stale = rig.writer(20)
    with log_made_anew(rig.log):
        rig.book.send(rig.log, rounds)
    rig.writer(rounds).flush()
    assert rig.position().generation == 1
    assert rig.position().next_offset == rounds
    rig.book.assert_kept(reader)
    rig.feed(stale, 20, 21)
    if rounds > 20:
        with pytest.raises(Conflict, match="made anew"):
            stale.flush()


def test_a_log_whose_archived_part_has_expired_goes_on_as_the_same(rig: Rig, reader: ArchiveReader) -> None:
    rig.writer(20).flush()
    rig.log.enforce_retention(1 << 42)
    rig.book.send(rig.log, 3)
    rig.writer(23).flush()
    assert rig.position().generation == 0
    rig.book.assert_kept(reader)


def test_a_kind_s_position_is_its_own(rig: Rig) -> None:
    rig.writer(20).flush()
    assert manifest.position(rig.store, CHECKS.topic, rig.partition) == Position(0, 0)


def _away(*arguments: object) -> Outcome:
    raise StoreUnavailable("away")
