"""Rollup rows in PostgreSQL: what is written comes back, rows are replaced, the views unnest them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from vedette.events.names import source_id
from vedette.events.samples import layout_id, make_layout
from vedette.store.pool import Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write

MINUTE = 1_700_000_040_000
LAYOUT = make_layout(["cpu", 'disk{mount="/"}'], {"cpu": "counter"})
EMPTY = Catalogue({}, [], [])


def block(tier: str, value: float, *, sources: tuple[str, ...] = ("h1",), n: int = 1) -> WideRows:
    ids = np.array([source_id(1, name) for name in sources], np.int64)
    matrix = np.full((len(ids), 2), value)
    matrices = (matrix, matrix, matrix, matrix)
    return WideRows(
        tier, layout_id(LAYOUT), ids, np.full(len(ids), MINUTE), np.full(len(ids), n), matrices, np.array([0])
    )


def catalogue() -> Catalogue:
    return Catalogue(
        {layout_id(LAYOUT): LAYOUT},
        [(source_id(1, "h1"), layout_id(LAYOUT))],
        [SourceRow(source_id(1, "h1"), 1, "h1", 60_000, MINUTE)],
    )


def test_rows_come_back_through_the_view(store: Store) -> None:
    assert write(store, catalogue(), [block("1m", 2.5, n=3)]) == 1
    rows = store.rows("SELECT *, extract(epoch FROM bucket) * 1000 AS ms FROM samples_1m ORDER BY name")
    assert [(r["source"], r["name"], r["kind"], r["n"], r["sum"], int(r["ms"])) for r in rows] == [
        ("h1", "cpu", "counter", 3, 2.5, MINUTE),
        ("h1", 'disk{mount="/"}', "gauge", 3, 2.5, MINUTE),
    ]


def test_a_row_written_again_is_replaced_and_the_last_of_a_batch_wins(store: Store) -> None:
    write(store, catalogue(), [block("1m", 1.0)])
    write(store, EMPTY, [block("1m", 2.0), block("1m", 3.0)])
    assert [row["sum"] for row in store.rows("SELECT sum FROM samples_1m")] == [3.0, 3.0]


def test_fresh_rows_are_written_and_those_that_are_there_after_all_are_replaced(store: Store) -> None:
    write(store, catalogue(), [replace(block("10s", 1.0, sources=("h1", "h2")), fresh=True)])
    assert write(store, EMPTY, [replace(block("10s", 2.0, sources=("h2", "h3")), fresh=True)]) == 2
    rows = store.rows("SELECT source_id, vedette_float8(cells, 0) AS v FROM rollup_10s")
    found = {row["source_id"]: row["v"] for row in rows}
    assert found == {source_id(1, "h1"): 1.0, source_id(1, "h2"): 2.0, source_id(1, "h3"): 2.0}


def test_a_fresh_row_that_was_mended_in_the_same_batch_ends_as_mended(store: Store) -> None:
    write(store, catalogue(), [replace(block("1m", 1.0), fresh=True), block("1m", 2.0)])
    assert [row["sum"] for row in store.rows("SELECT sum FROM samples_1m")] == [2.0, 2.0]
    write(store, EMPTY, [replace(block("1h", 1.0), fresh=True), replace(block("1h", 2.0), fresh=True)])
    assert [row["sum"] for row in store.rows("SELECT sum FROM samples_1h")] == [2.0, 2.0]


def test_nan_is_kept(store: Store) -> None:
    write(store, catalogue(), [block("1h", float("nan"))])
    assert np.isnan([row["min"] for row in store.rows("SELECT min FROM samples_1h")]).all()


def test_the_catalogue_can_be_written_again_and_keeps_the_newest_time(store: Store) -> None:
    write(store, catalogue(), [])
    older = SourceRow(source_id(1, "h1"), 1, "h1", 30_000, MINUTE - 60_000)
    write(store, Catalogue({}, [], [older]), [])
    row = store.row("SELECT extract(epoch FROM last_seen) * 1000 AS ms, interval_ms FROM sources")
    assert row is not None
    assert (int(row["ms"]), row["interval_ms"]) == (MINUTE, 30_000)


def test_the_newest_time_goes_back_with_the_clock_of_a_host(store: Store) -> None:
    write(store, catalogue(), [])
    back = SourceRow(source_id(1, "h1"), 1, "h1", 60_000, MINUTE - 3_600_000, is_turned=True)
    write(store, Catalogue({}, [], [back, replace(back, last_ms=back.last_ms + 1_000, is_turned=False)]), [])
    row = store.row("SELECT extract(epoch FROM last_seen) * 1000 AS ms FROM sources WHERE name = 'h1'")
    assert row is not None
    assert int(row["ms"]) == back.last_ms + 1_000


def test_nothing_is_written_when_one_block_is_bad(store: Store) -> None:
    bad = block("10s", 1.0)
    bad.matrices[0].resize((0, 2), refcheck=False)
    with pytest.raises(IndexError, match="out of bounds"):
        write(store, catalogue(), [block("1m", 1.0), bad])
    assert store.rows("SELECT * FROM rollup_1m") == []
    assert store.rows("SELECT * FROM sources") == []
