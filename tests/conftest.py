"""Servers that tests share."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.patience import PATIENCE_S
from tests.servers.databases import Databases
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.pool import Store

pytest_plugins = ["tests.servers.plugin", "tests.servers.guarded"]

hypothesis.settings.register_profile("vedette", deadline=None)  # a machine may be busy: times are no failures
hypothesis.settings.load_profile("vedette")

ON_BOTH = (
    "tests/integration/store/",
    *(f"tests/integration/flows/test_{name}.py" for name in ("alerts", "crashes", "endpoints", "pipeline", "resuming")),
    *(f"tests/integration/flows/test_{name}.py" for name in ("backup", "heartbeats", "outages", "rollup")),
    "tests/integration/flows/test_clusters.py::test_a_cluster_whose_member_is_killed",
    "tests/integration/gateway/test_query",
    "tests/integration/gateway/test_history",
    "tests/integration/gateway/test_check_series",
)
"""Tests that meet what differs between plain PostgreSQL and TimescaleDB: they run on both.

Those of the flows run on the embedded log with the first, and on Kafka with the second.
"""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test that needs a PostgreSQL the embedded one, or that and then TimescaleDB."""
    if "postgres" in metafunc.fixturenames:
        servers = ["embedded", "timescale"] if metafunc.definition.nodeid.startswith(ON_BOTH) else ["embedded"]
        metafunc.parametrize("postgres", servers, indirect=True, scope="session")


@pytest.fixture(scope="session")
def embedded_postgres() -> Iterator[Databases]:
    """The embedded PostgreSQL, without waiting for the disk."""
    # Not below pytest's own folder: each pytest that starts closes that to other users, and so to PostgreSQL's.
    folder = Path(tempfile.mkdtemp(prefix="vedette-postgres-"))
    server = EmbeddedPostgres(folder / "data")
    server.prepare()
    log = (server.data.parent / "log").open("wb")
    command = [*server.command(), "-cfsync=off"]
    process = subprocess.Popen(command, **server.process_options(), stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + PATIENCE_S
        while not server.ready():
            assert process.poll() is None, Path(log.name).read_text()
            assert time.monotonic() < deadline
            time.sleep(0.02)
        yield Databases(server.dsn, passing=True)
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(PATIENCE_S)
        log.close()
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def timescale(timescale_server: str) -> Iterator[Databases]:
    """The real TimescaleDB, with durability as in production."""
    databases = Databases(timescale_server, passing=False)
    yield databases
    databases.close()


@pytest.fixture(scope="session")
def postgres(request: pytest.FixtureRequest) -> Databases:
    """A real PostgreSQL for the session; which one is this test's parameter."""
    name = {"embedded": "embedded_postgres", "timescale": "timescale"}[request.param]
    found: Databases = request.getfixturevalue(name)
    return found


@pytest.fixture
def dsn(postgres: Databases) -> Iterator[str]:
    """A fresh, migrated database of this test's own."""
    fresh = postgres.fresh()
    yield fresh
    postgres.drop(fresh)


@pytest.fixture
def store(dsn: str) -> Iterator[Store]:
    """A store on a fresh database."""
    opened = Store(dsn, pool_size=4)
    yield opened
    opened.close()
