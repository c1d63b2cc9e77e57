"""What a query touches, as PostgreSQL explains it."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
import pytest

from vedette.store.pool import Connection, Store


def relations(plan: dict[str, Any]) -> Iterator[str]:
    """Tables that the nodes of a plan have really read; a node that was never started has read nothing."""
    if plan.get("Actual Loops", 1) and "Relation Name" in plan:
        yield plan["Relation Name"]
    for below in plan.get("Plans", ()):
        yield from relations(below)


@contextmanager
def explained(monkeypatch: pytest.MonkeyPatch, *, generic: bool) -> Iterator[set[str]]:
    """The relations that queries inside read. `generic`: as prepared statements whose plans do not know the values."""
    touched: set[str] = set()

    def looked_at(real: Callable[..., list[Any]]) -> Callable[..., list[Any]]:
        def query(self: Store, sql: str, *values: Any) -> list[Any]:
            with self.connection() as connection:
                touched.update(_touched(connection, sql, values, generic=generic))
            return real(self, sql, *values)

        return query

    with monkeypatch.context() as patch:
        patch.setattr(Store, "rows", looked_at(Store.rows))
        patch.setattr(Store, "tuples", looked_at(Store.tuples))
        yield touched


def _touched(connection: Connection, sql: str, values: tuple[Any, ...], *, generic: bool) -> set[str]:
    numbers = itertools.count(1)
    query = re.sub("%s", lambda _: f"${next(numbers)}", sql)
    places = ", ".join(["%s"] * len(values))
    connection.execute(f"SET plan_cache_mode = force_{'generic' if generic else 'custom'}_plan".encode())
    # As text: with bound values EXPLAIN itself would always know them.
    with psycopg.ClientCursor(connection, row_factory=psycopg.rows.tuple_row) as cursor:
        cursor.execute(f"PREPARE asked AS {query}".encode())
        try:
            found = cursor.execute(
                f"EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE asked({places})".encode(), values
            ).fetchone()
        finally:
            cursor.execute("DEALLOCATE asked")
            cursor.execute("RESET plan_cache_mode")
    assert found is not None
    return set(relations(found[0][0]["Plan"]))


def chunks_between(store: Store, table: str, from_ms: int, to_ms: int) -> set[str]:
    """Names of the chunks of `table` that hold times with from_ms ≤ t < to_ms."""
    rows = store.rows(
        "SELECT chunk_name FROM timescaledb_information.chunks WHERE hypertable_name = %s"
        " AND range_start < to_timestamp(%s / 1000.0) AND range_end > to_timestamp(%s / 1000.0)",
        table,
        to_ms,
        from_ms,
    )
    return {row["chunk_name"] for row in rows}


def only_chunks(touched: set[str]) -> set[str]:
    """Those of `touched` that are chunks."""
    return {name for name in touched if re.fullmatch(r"_hyper_\d+_\d+_chunk", name)}


Query = Callable[[Store, int, int], object]
"""Asks the store for a range of time in ms."""
