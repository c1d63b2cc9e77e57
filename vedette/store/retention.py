"""Retention: rows that are too old go, by whole chunks where tables have them, else by many small deletions."""

from __future__ import annotations

from typing import NamedTuple

from psycopg import sql

from vedette.errors import StoreUnavailable
from vedette.settings import TableSettings
from vedette.store.hypertables import hypertables
from vedette.store.pool import Store
from vedette.store.timed import TimedTable, timed_tables
from vedette.telemetry import get_logger

BATCH = 20_000
_LOCK_S = 5


class Swept(NamedTuple):
    """What went: rows of plain tables, chunks of hypertables."""

    rows: int
    chunks: int


def enforce(store: Store, settings: TableSettings | None = None) -> Swept:
    """Let go what is older than `settings` say (read from the environment if not given); how much.

    A chunk goes once all of it is too old. Several processes may do this at once. A table that somebody else holds is
    left for the next time; `StoreUnavailable` then says which, after all others were visited.
    """
    tables = [
        table for table in timed_tables(TableSettings.load() if settings is None else settings) if table.keep_days
    ]
    with store.connection() as connection:
        chunked = hypertables(connection)
    rows = chunks = 0
    held: list[str] = []
    for table in tables:
        try:
            if table.name in chunked:
                chunks += _drop(store, table)
            else:
                rows += _delete(store, table)
        except StoreUnavailable as error:
            held.append(f"{table.name} ({error})")
    if chunks or rows:
        get_logger("retention").info("swept", rows=rows, chunks=chunks)
    if held:
        raise StoreUnavailable(f"not swept: {'; '.join(held)}")
    return Swept(rows, chunks)


def _drop(store: Store, table: TimedTable) -> int:
    with store.transaction() as connection:
        # Readers of a chunk are waited for, and whoever comes meanwhile waits for us: not for long.
        connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{_LOCK_S}s",))
        return connection.execute(
            "SELECT drop_chunks(%s::regclass, older_than => now() - make_interval(days => %s))",
            (table.name, table.keep_days),
        ).rowcount


def _delete(store: Store, table: TimedTable) -> int:
    # Batches: one long deletion would hold its locks, and the dead rows of all, until its end.
    statement = sql.SQL(
        "DELETE FROM {table} WHERE ctid = ANY(ARRAY("
        "SELECT ctid FROM {table} WHERE {column} < now() - make_interval(days => %s) LIMIT {batch}))"
    ).format(table=sql.Identifier(table.name), column=sql.Identifier(table.column), batch=sql.Literal(BATCH))
    deleted = 0
    while True:
        with store.connection() as connection:
            gone = connection.execute(statement, (table.keep_days,)).rowcount
        deleted += gone
        if gone < BATCH:
            return deleted
