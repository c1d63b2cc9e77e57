"""The archive's process killed, and its object store away, under load: each event is in the archive once."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from deploy.testbed.s3_server import S3Server
from tests.integration.archive.book import Book
from tests.integration.archive.conftest import s3_settings
from tests.integration.flows.process import FlowProcess
from tests.servers.buckets import S3
from vedette.archive import merging
from vedette.archive.objects import Objects, open_objects
from vedette.archive.reader import ArchiveReader
from vedette.log import Log
from vedette.settings import ArchiveSettings
from vedette.store.pool import Store

QUICK = {
    "VEDETTE_ARCHIVE_FLUSH_EVENTS": "7",
    "VEDETTE_ARCHIVE_FLUSH_S": "0.05",
    "VEDETTE_ARCHIVE_TIDY_S": "0.1",
    "VEDETTE_ARCHIVE_SETTLE_S": "0.3",
    "VEDETTE_ARCHIVE_DAYS": "0",  # the events of the book are years old
}


def test_a_flow_that_is_killed_at_any_moment_while_it_writes_merges_and_deletes(
    log: Log, log_url: str, store: Store, dsn: str, objects: Objects, reader: ArchiveReader, tmp_path: Path
) -> None:
    book, chance = Book(), random.Random(3)
    settings = {"VEDETTE_ARCHIVE_URL": objects.url, "VEDETTE_ARCHIVE_GRACE_S": "0.5"}
    with FlowProcess("archive", log_url, dsn, tmp_path, **QUICK, **settings) as flow:
        for workers in (2, 1, 3):
            book.send(log, 5)
            target = chance.randint(0, len(book.samples) // 4)
            flow.wait_until(lambda target=target: book.missing(store) <= target)  # type: ignore[misc]  # bound now
            flow.kill()
            book.send(log, 5)
            flow.start(VEDETTE_WORKERS=str(workers))
        flow.wait_until(lambda: book.missing(store) <= 0)
        flow.wait_until(lambda: merged(store))
        assert flow.terminate() == 0, flow.words()
    book.assert_kept(reader)
    listed = {row["path"] for row in store.rows("SELECT path FROM archive_objects")}
    noted = {
        row["path"] for row in store.rows("SELECT path FROM archive_garbage UNION SELECT path FROM archive_uploads")
    }
    assert listed <= set(objects.paths()) <= listed | noted


def test_a_bucket_whose_server_is_killed_is_waited_for_and_nothing_is_lost(
    log: Log,
    log_url: str,
    store: Store,
    dsn: str,
    own_s3: tuple[S3Server, S3],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    server, s3 = own_s3
    settings = s3_settings(s3, s3.bucket())
    book = Book()
    with FlowProcess("archive", log_url, dsn, tmp_path, **QUICK, **settings) as flow:
        for _ in range(2):
            book.send(log, 5)
            flow.wait_until(lambda: book.missing(store) <= 10)
            before = len(flow.words())
            server.kill()
            book.send(log, 5)
            flow.wait_until(lambda before=before: "does not answer" in flow.words()[before:])  # type: ignore[misc]  # bound now
            server.start()
        flow.wait_until(lambda: book.missing(store) <= 0)
        flow.wait_until(lambda: merged(store))
        assert flow.terminate() == 0, flow.words()
    found = {name.removeprefix("VEDETTE_").lower(): value for name, value in settings.items()}
    reader = ArchiveReader(store, open_objects(ArchiveSettings.load(**found)))
    book.assert_kept(reader)
    monkeypatch.setattr(merging, "_WHOLE", 0)  # in places, as large objects are read
    book.assert_kept(reader)


def test_a_process_with_a_wrong_bucket_says_so_and_waits_until_it_is_there(
    log: Log, log_url: str, store: Store, dsn: str, s3_server: S3, tmp_path: Path
) -> None:
    bucket = s3_server.bucket()
    settings = s3_settings(s3_server, f"{bucket}-not-yet")
    book = Book()
    book.send(log, 2)
    with FlowProcess("archive", log_url, dsn, tmp_path, **QUICK, **settings) as flow:
        flow.wait_until(lambda: f"the bucket {bucket}-not-yet" in flow.words())
        assert "does not exist: make it" in flow.words()
        assert flow.terminate() == 0, flow.words()
        flow.start(VEDETTE_ARCHIVE_URL=f"s3://{bucket}")
        flow.wait_until(lambda: book.missing(store) <= 0)
    assert s3_server.secret not in flow.words()


def test_a_process_without_an_archive_names_the_variable_and_ends(log_url: str, dsn: str, tmp_path: Path) -> None:
    with FlowProcess("archive", log_url, dsn, tmp_path) as flow:
        assert flow.ended() != 0
        assert "VEDETTE_ARCHIVE_URL" in flow.words()


def merged(store: Store) -> bool:
    """Whether every hour has become one object."""
    return not store.rows("SELECT 1 FROM archive_objects GROUP BY kind, account_id, hour HAVING count(*) > 1")
