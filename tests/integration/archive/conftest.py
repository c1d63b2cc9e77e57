"""An archive of one test: its log, its objects, and what a reader finds in it."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from deploy.testbed.bed import default_cache
from deploy.testbed.installing import Cache
from deploy.testbed.s3_server import REGION, S3Server
from deploy.testbed.server import free_ports
from tests.servers.buckets import S3
from vedette.archive.objects import Objects, open_objects
from vedette.archive.reader import ArchiveReader
from vedette.log import Log, open_log
from vedette.settings import ArchiveSettings, LogSettings
from vedette.store.pool import Store


@pytest.fixture
def log_url(tmp_path: Path) -> str:
    return f"embedded://{tmp_path}/log/events.db"


@pytest.fixture
def log(log_url: str) -> Iterator[Log]:
    opened = open_log(LogSettings.load(log_url=log_url))
    with structlog.testing.capture_logs():
        yield opened
    opened.close()


@pytest.fixture
def objects(tmp_path: Path) -> Objects:
    return open_objects(ArchiveSettings.load(archive_url=f"file://{tmp_path}/archive"))


@pytest.fixture
def reader(store: Store, objects: Objects) -> ArchiveReader:
    return ArchiveReader(store, objects)


@pytest.fixture
def own_s3(native_testbed: None, tmp_path: Path) -> Iterator[tuple[S3Server, S3]]:
    """An S3 server of this test's own, which may be killed, and how to reach it."""
    key, secret = secrets.token_hex(10), secrets.token_hex(20)
    server = S3Server("s3", tmp_path / "s3", Cache(default_cache()), free_ports(1)[0], key, secret)
    server.start()
    try:
        server.wait()
        yield server, S3(server.address, key, secret, REGION)
    finally:
        server.kill()


def s3_settings(server: S3, bucket: str, prefix: str = "archive") -> dict[str, str]:
    """The variables by which a process finds a bucket."""
    return {
        "VEDETTE_ARCHIVE_URL": f"s3://{bucket}/{prefix}",
        "VEDETTE_ARCHIVE_ENDPOINT": server.endpoint,
        "VEDETTE_ARCHIVE_REGION": server.region,
        "VEDETTE_ARCHIVE_ACCESS_KEY": server.key,
        "VEDETTE_ARCHIVE_SECRET_KEY": server.secret,
    }
