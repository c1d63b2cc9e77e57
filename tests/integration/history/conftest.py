"""An installation of one test: log, database, archive, filled by the real flows."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.integration.archive.conftest import log, log_url, objects, reader
from tests.integration.history.world import World
from vedette.archive.objects import Objects
from vedette.log import Log
from vedette.store.pool import Store

__all__ = ["log", "log_url", "objects", "reader"]


@pytest.fixture
def world(log: Log, store: Store, objects: Objects, tmp_path: Path) -> World:
    return World(log, store, objects, tmp_path / "recovery")
