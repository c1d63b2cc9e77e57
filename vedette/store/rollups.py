"""Rollup tables: wide rows in, by COPY into a staging table and one upsert."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from psycopg import sql
from psycopg.errors import UniqueViolation

from vedette.events.samples import layout_series
from vedette.store.cells import Matrices
from vedette.store.copying import HEADER, TRAILER, rollup_rows
from vedette.store.pool import Connection, Store

TIERS = ("10s", "1m", "1h", "1d")


@dataclass(frozen=True, slots=True)
class WideRows:
    """Rows of one layout for one tier: identities, bucket starts (ms UTC), report counts, and four matrices.

    `matrices` are sums, mins, maxs and lasts, each rows by names; `counters` are the columns of counters. `fresh` rows
    have not been written before, as far as is known: that halves their cost, unless some are there after all.
    """

    tier: str
    layout_id: int
    source_ids: npt.NDArray[np.int64]
    buckets_ms: npt.NDArray[np.int64]
    n: npt.NDArray[np.int64]
    matrices: Matrices
    counters: npt.NDArray[np.int64]
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class SourceRow:
    """A source as the catalogue keeps it. `is_turned`: its clock was set back, so its last report may seem older."""

    id: int
    account: int
    name: str
    interval_ms: int
    last_ms: int
    is_turned: bool = False


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What rollup rows refer to: new layouts by identity, (source, layout) pairs, sources that reported."""

    layouts: dict[int, bytes]
    pairs: Sequence[tuple[int, int]]
    sources: Sequence[SourceRow]


def write(store: Store, catalogue: Catalogue, blocks: Sequence[WideRows]) -> int:
    """Write everything in one transaction; how many rollup rows. A row that exists is replaced.

    Of several rows for one key the last one in `blocks` wins.
    """
    with store.transaction() as connection:
        return write_in(connection, catalogue, blocks)


def write_in(connection: Connection, catalogue: Catalogue, blocks: Sequence[WideRows]) -> int:
    """The same in a transaction of the caller's."""
    _write_catalogue(connection, catalogue)
    count = 0
    for tier in TIERS:
        chosen = [block for block in blocks if block.tier == tier and len(block.n)]
        if chosen:
            count += _write(connection, tier, chosen)
    return count


def _write(connection: Connection, tier: str, blocks: Sequence[WideRows]) -> int:
    # Only if all are: of two versions of a row the one that came last must win.
    if all(block.fresh for block in blocks):
        try:
            with connection.transaction():
                _copy(connection, sql.Identifier(f"rollup_{tier}"), blocks)
        except UniqueViolation:
            pass  # written before a crash, and now once more
        else:
            return sum(len(block.n) for block in blocks)
    return _upsert(connection, tier, blocks)


_COLUMNS = sql.SQL("source_id, layout_id, bucket, n, cells")


def _copy(connection: Connection, table: sql.Identifier, blocks: Sequence[WideRows]) -> None:
    statement = sql.SQL("COPY {} ({}) FROM STDIN (FORMAT binary)").format(table, _COLUMNS)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(HEADER)
        for block in blocks:
            row = (block.layout_id, block.source_ids, block.buckets_ms, block.n, block.matrices, block.counters)
            copy.write(rollup_rows(*row))
        copy.write(TRAILER)


def _upsert(connection: Connection, tier: str, blocks: Sequence[WideRows]) -> int:
    table, staging = sql.Identifier(f"rollup_{tier}"), sql.Identifier(f"staging_{tier}")
    connection.execute(
        sql.SQL(
            "CREATE TEMPORARY TABLE IF NOT EXISTS {} (source_id bigint, layout_id bigint, bucket timestamptz,"
            " n integer, cells bytea,"
            " position bigint GENERATED ALWAYS AS IDENTITY)"
            # Kept as they are: they are compressed where they stay.
            " WITH (toast_tuple_target = 8160) ON COMMIT DELETE ROWS"
        ).format(staging)
    )
    _copy(connection, staging, blocks)
    # Several versions of a row may stand in one batch; sorting also keeps two writers from a deadlock.
    return connection.execute(
        sql.SQL(
            "INSERT INTO {} ({}) SELECT DISTINCT ON (source_id, layout_id, bucket) {} FROM {}"
            " ORDER BY source_id, layout_id, bucket, position DESC"
            " ON CONFLICT (source_id, layout_id, bucket) DO UPDATE SET n = excluded.n,"
            " cells = excluded.cells"
        ).format(table, _COLUMNS, _COLUMNS, staging)
    ).rowcount


def _write_catalogue(connection: Connection, catalogue: Catalogue) -> None:
    if catalogue.layouts:
        rows: list[tuple[Any, ...]] = []
        for identity, layout in sorted(catalogue.layouts.items()):
            names, kinds = layout_series(layout)
            rows.append((identity, list(names), list(kinds)))
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO layouts (id, names, kinds) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", rows
            )
    if catalogue.pairs:
        sources, layouts = zip(*sorted(set(catalogue.pairs)), strict=True)
        connection.execute(
            "INSERT INTO source_layouts (source_id, layout_id) SELECT * FROM unnest(%s::bigint[], %s::bigint[])"
            " ON CONFLICT DO NOTHING",
            (list(sources), list(layouts)),
        )
    if catalogue.sources:
        _write_sources(connection, catalogue.sources)


def _write_sources(connection: Connection, sources: Sequence[SourceRow]) -> None:
    newest = sorted({row.id: row for row in sources}.values(), key=lambda row: row.id)
    turned = {row.id for row in sources if row.is_turned}
    connection.execute(
        "INSERT INTO sources (id, account_id, name, interval_ms, first_seen, last_seen)"
        " SELECT id, account, name, interval_ms, to_timestamp(last / 1000.0), to_timestamp(last / 1000.0)"
        " FROM unnest(%s::bigint[], %s::int[], %s::text[], %s::int[], %s::float8[])"
        " AS new (id, account, name, interval_ms, last)"
        " ON CONFLICT (id) DO UPDATE SET interval_ms = excluded.interval_ms, last_seen = CASE"
        " WHEN excluded.id = ANY(%s::bigint[]) THEN excluded.last_seen"
        " ELSE greatest(sources.last_seen, excluded.last_seen) END,"
        " first_seen = least(sources.first_seen, excluded.first_seen)",
        (
            [row.id for row in newest],
            [row.account for row in newest],
            [row.name for row in newest],
            [row.interval_ms for row in newest],
            [row.last_ms for row in newest],
            sorted(turned),
        ),
    )
