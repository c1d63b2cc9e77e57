"""The server is killed under writers: afterwards there is what was acknowledged, whole batches, and nothing twice."""

from __future__ import annotations

import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import structlog

from sinks.patience import persist
from vedette.events.names import source_id
from vedette.events.samples import layout_id, make_layout
from vedette.store.embedded import EmbeddedPostgres
from vedette.store.migrate import migrate
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write

LAYOUT = make_layout(["a", "b"], {})
NO_COUNTERS = np.array([], np.int64)
T0 = 1_700_000_000_000
SOURCES = 20


class Server:
    """A PostgreSQL of this test's own, which may be killed."""

    def __init__(self, folder: Path) -> None:
        self.postgres = EmbeddedPostgres(folder / "data")
        self.postgres.prepare()
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        deadline = time.monotonic() + 60
        while True:  # the killed one's children may hold its memory for a moment: then a new one ends at once
            if self.process is None or self.process.poll() is not None:
                command, options = self.postgres.command(), self.postgres.process_options()
                self.process = subprocess.Popen(command, **options, stderr=subprocess.DEVNULL)
            if self.postgres.ready():
                return
            assert time.monotonic() < deadline
            time.sleep(0.05)

    def end(self, number: signal.Signals) -> None:
        assert self.process is not None
        self.process.send_signal(number)
        self.process.wait(30)


@pytest.fixture
def server() -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="vedette-killed-"))
    made = Server(folder)
    made.start()
    yield made
    made.end(signal.SIGINT)
    shutil.rmtree(folder)


def batch(number: int) -> tuple[Catalogue, list[WideRows]]:
    """One row of each source, for the bucket of that number; all of its values are the number."""
    ids = np.array([source_id(1, f"h{n}") for n in range(SOURCES)], np.int64)
    at = T0 + 10_000 * number
    values = np.full((SOURCES, 2), float(number))
    catalogue = Catalogue(
        {layout_id(LAYOUT): LAYOUT},
        [(int(identity), layout_id(LAYOUT)) for identity in ids],
        [SourceRow(int(identity), 1, f"h{n}", 10_000, at) for n, identity in enumerate(ids)],
    )
    rows = WideRows(
        "10s", layout_id(LAYOUT), ids, np.full(SOURCES, at), np.full(SOURCES, 1), (values,) * 4, NO_COUNTERS
    )
    return catalogue, [rows]


def test_after_a_kill_under_writers_there_is_exactly_what_was_acknowledged(server: Server) -> None:
    migrate(server.postgres.dsn)
    store = Store(server.postgres.dsn, pool_size=4, timeout_s=1)
    acknowledged: list[int] = []
    stop = threading.Event()

    def writer(first: int) -> None:
        number = first
        while not stop.is_set():
            persist("rows", lambda: write(store, *batch(number)))  # noqa: B023 - called at once
            acknowledged.append(number)
            number += 2

    def until_more(count: int) -> None:
        """Wait until that many more batches were acknowledged."""
        wanted, deadline = len(acknowledged) + count, time.monotonic() + 60
        while len(acknowledged) < wanted:
            assert time.monotonic() < deadline, "the writers do not go on"
            time.sleep(0.01)

    with structlog.testing.capture_logs() as logs:
        writers = [threading.Thread(target=writer, args=(first,)) for first in (0, 1)]
        for thread in writers:
            thread.start()
        for _ in range(2):
            until_more(20)
            server.end(signal.SIGKILL)
            server.start()
        until_more(20)
        stop.set()
        for thread in writers:
            thread.join(60)
    assert any(log["event"] == "sink_waits" for log in logs)
    rows = store.rows(
        "SELECT extract(epoch FROM bucket)::bigint * 1000 AS ms, count(*) AS n,"
        " min(vedette_float8(cells, 0)) AS low, max(vedette_float8(cells, 8)) AS high"
        " FROM rollup_10s GROUP BY bucket ORDER BY bucket"
    )
    assert [(row["ms"] - T0) // 10_000 for row in rows] == sorted(acknowledged)
    assert len(set(acknowledged)) == len(acknowledged) >= 60
    assert all((row["n"], row["low"], row["high"]) == (SOURCES, (row["ms"] - T0) / 10_000, row["low"]) for row in rows)
    store.close()
