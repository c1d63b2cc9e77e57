"""Several writers at once: each new chunk is made once, late rows meet the retention, and nothing is lost."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np
import pytest
import structlog

from sinks.patience import persist
from vedette.events.samples import layout_id, make_layout
from vedette.settings import TableSettings
from vedette.store.pool import Store
from vedette.store.retention import enforce
from vedette.store.rollups import Catalogue, WideRows, write

LAYOUT = make_layout(["a"], {})
NO_COUNTERS = np.array([], np.int64)
EMPTY = Catalogue({}, [], [])
HOUR_MS = 3_600_000


def rows(sources: range, buckets_ms: list[int], value: float) -> list[WideRows]:
    """A row of each source in each bucket, in all tiers."""
    ids = np.repeat(np.array(sources, np.int64), len(buckets_ms))
    at = np.tile(np.array(buckets_ms, np.int64), len(sources))
    matrix = np.full((len(ids), 1), value)
    return [
        WideRows(tier, layout_id(LAYOUT), ids, at, np.full(len(ids), 1), (matrix,) * 4, NO_COUNTERS)
        for tier in ("10s", "1m", "1h")
    ]


def at_once(*actions: Callable[[], object]) -> None:
    """Run all of them in threads that begin together."""
    gate, failed = threading.Barrier(len(actions)), []

    def run(action: Callable[[], object]) -> None:
        gate.wait()
        try:
            action()
        except BaseException as error:
            failed.append(error)
            raise

    threads = [threading.Thread(target=run, args=(action,)) for action in actions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()
    assert failed == []


@pytest.mark.parametrize("same", [False, True], ids=["sources of their own", "the same sources"])
def test_writers_that_make_the_same_chunks_lose_nothing(store: Store, same: bool) -> None:
    hours = [n * 6 * HOUR_MS for n in range(80_000, 80_040)]

    def writer(number: int) -> None:
        mine = range(20) if same else range(number * 20, number * 20 + 20)
        for part in range(0, len(hours), 4):
            persist("rows", lambda: write(store, EMPTY, rows(mine, hours[part : part + 4], 1.0)))  # noqa: B023 - at once

    with structlog.testing.capture_logs():
        at_once(*(lambda number=number: writer(number) for number in range(3)))
    for tier in ("10s", "1m", "1h"):
        found = store.row(f"SELECT count(*) AS n, count(DISTINCT bucket) AS b FROM rollup_{tier}")
        assert found == {"n": len(hours) * 20 * (1 if same else 3), "b": len(hours)}


def test_late_rows_are_written_while_the_retention_drops_what_is_as_old(store: Store) -> None:
    now_ms = time.time_ns() // 1_000_000
    old = [now_ms // HOUR_MS * HOUR_MS - n * 24 * HOUR_MS for n in (20, 40, 60)]
    young = [now_ms // HOUR_MS * HOUR_MS]
    done = threading.Event()

    def writer() -> None:
        try:
            for n in range(60):
                persist("rows", lambda: write(store, EMPTY, rows(range(5), [*old, *young], float(n))))  # noqa: B023 - at once
        finally:
            done.set()

    def sweep() -> None:
        while not done.is_set():
            persist("sweep", lambda: enforce(store, TableSettings(keep_1m_days=2, keep_1h_days=2)))

    with structlog.testing.capture_logs():
        at_once(writer, sweep)
    for tier in ("10s", "1m", "1h"):
        found = store.rows(
            f"SELECT vedette_float8(cells, 0) AS v FROM rollup_{tier} WHERE bucket = to_timestamp({young[0] / 1000})"
        )
        assert [row["v"] for row in found] == [59.0] * 5
