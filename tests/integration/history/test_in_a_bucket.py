"""A bucket: rebuild and old queries over a real object store."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.archive.conftest import s3_settings
from tests.integration.history.test_old_queries import Asking, opened
from tests.integration.history.world import DAY, ROLLUPS, T0, World
from tests.servers.buckets import S3
from vedette.archive.objects import Objects, open_objects
from vedette.log import Log
from vedette.settings import ArchiveSettings
from vedette.store.pool import Store


@pytest.fixture
def objects(s3_server: S3, monkeypatch: pytest.MonkeyPatch) -> Objects:
    for name, value in s3_settings(s3_server, s3_server.bucket()).items():
        monkeypatch.setenv(name, value)
    return open_objects(ArchiveSettings.load())


def test_rows_come_back_and_old_queries_are_answered(
    log: Log, store: Store, objects: Objects, dsn: str, tmp_path: Path
) -> None:
    world = World(log, store, objects, tmp_path / "recovery")
    world.fill(every_s=7200)
    world.flow()
    world.archive()
    before = world.rows(*ROLLUPS)
    for table in ROLLUPS:
        world.store.execute(f"DELETE FROM {table}")
    world.rebuild()
    assert world.rows(*ROLLUPS) == before
    with opened(world, dsn, tmp_path) as gateway:
        asking = Asking(gateway, world)
        wanted = {"step": 60, "from": T0, "to": T0 + 3 * DAY}
        expected = asking.everything_kept(**wanted)
        asking.forget()
        assert asking.ask(**wanted) == expected
