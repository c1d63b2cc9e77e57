"""Hypertables: timed tables cut into chunks by TimescaleDB, under the same names and for the same queries.

Every unique key of these tables has the column of time in it, as chunks require; an upsert is the same statement.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import psycopg
from psycopg import sql
from psycopg.rows import tuple_row

from vedette.settings import TableSettings
from vedette.store.timed import TimedTable

_LOCK_S = 10


def hypertables(connection: psycopg.Connection[Any]) -> dict[str, timedelta]:
    """Names of the hypertables here, with the width of their next chunk; none without the extension."""
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute("SELECT to_regclass('timescaledb_information.dimensions')").fetchone()
        if row is None or row[0] is None:
            return {}
        return dict(
            cursor.execute(
                "SELECT hypertable_name, time_interval FROM timescaledb_information.dimensions"
                " WHERE dimension_number = 1 AND hypertable_schema = current_schema()"
            ).fetchall()
        )


def cut(
    connection: psycopg.Connection[Any], table: TimedTable, convert_max_mb: int, done: list[str], notes: list[str]
) -> None:
    """Make `table` a hypertable, or give it its chunks' width; what was done, or why not, is added to the lists.

    Rows that are there are moved into chunks under an exclusive lock, so a table above `convert_max_mb` is left alone.
    """
    current = hypertables(connection).get(table.name)
    if table.chunk is None or current == table.chunk:
        return
    hours = round(table.chunk.total_seconds() / 3600)
    try:
        with connection.transaction():
            if current is not None:
                connection.execute(
                    "SELECT set_chunk_time_interval(%s::regclass, %s::interval)", (table.name, table.chunk)
                )
                done.append(f"{table.name}: new chunks of {hours} hours")
                return
            connection.execute("SELECT set_config('lock_timeout', %s, true)", (f"{_LOCK_S}s",))
            size_mb = _size_mb(connection, table.name)
            if size_mb > convert_max_mb:
                notes.append(
                    f"{table.name} holds {size_mb} MB as a plain table, and stays plain: moving them locks it. Stop the"
                    f" flows, set VEDETTE_CONVERT_MAX_MB above {size_mb}, and run `vedette migrate`"
                )
                return
            connection.execute(
                "SELECT create_hypertable(%s::regclass, by_range(%s, %s::interval),"
                " create_default_indexes => false, migrate_data => true)",
                (table.name, table.column, table.chunk),
            )
            done.append(f"{table.name}: a hypertable, chunks of {hours} hours")
    except psycopg.OperationalError as error:
        if error.sqlstate is None:
            raise  # the connection is gone
        notes.append(f"{table.name} stays as it is: {error.diag.message_primary}; run `vedette migrate` again")
    except psycopg.DatabaseError as error:
        notes.append(f"{table.name} stays as it is: {error.diag.message_primary or error}")


def _size_mb(connection: psycopg.Connection[Any], table: str) -> int:
    """What must be moved, in MB; 0 if there is no row."""
    query = sql.SQL(
        "SELECT CASE WHEN EXISTS (SELECT 1 FROM {}) THEN 1 + pg_total_relation_size(%s) / 1048576 ELSE 0 END"
    )
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(query.format(sql.Identifier(table)), (table,)).fetchone()
    return int(row[0]) if row is not None else 0


def columnstore(
    connection: psycopg.Connection[Any],
    table: TimedTable,
    settings: TableSettings,
    done: list[str],
    notes: list[str],
) -> bool:
    """Let old chunks of `table` be compressed, or no longer, as `settings` say; False if the licence forbids it.

    The policy is tried: that it exists, or what the licence is called, says less. Late rows can still be written:
    TimescaleDB decompresses what an upsert touches.
    """
    if table.name not in hypertables(connection):
        return True
    after = timedelta(days=settings.columnstore_after_days)
    lasting = table.keep_days == 0 or timedelta(days=table.keep_days) > after + (table.chunk or timedelta(0))
    wanted = after if settings.columnstore and lasting else None
    current = _compressed_after(connection, table.name)
    if current == wanted:
        return True
    try:
        with connection.transaction():
            if current is not None:
                connection.execute("SELECT remove_compression_policy(%s::regclass, if_exists => true)", (table.name,))
            if wanted is None:
                done.append(f"{table.name}: no columnstore for further chunks")
                return True
            connection.execute(
                sql.SQL(
                    "ALTER TABLE {} SET (timescaledb.compress, timescaledb.compress_segmentby = {},"
                    " timescaledb.compress_orderby = {})"
                ).format(sql.Identifier(table.name), sql.Literal(table.segment), sql.Literal(table.column))
            )
            connection.execute("SELECT add_compression_policy(%s::regclass, %s::interval)", (table.name, wanted))
            done.append(f"{table.name}: columnstore for chunks older than {wanted.days} days")
    except psycopg.NotSupportedError as error:
        notes.append(f"no columnstore: {error.diag.message_primary}")
        return False
    except psycopg.DatabaseError as error:
        if isinstance(error, psycopg.OperationalError) and error.sqlstate is None:
            raise
        notes.append(f"{table.name} without columnstore: {error.diag.message_primary or error}")
    return True


def _compressed_after(connection: psycopg.Connection[Any], table: str) -> timedelta | None:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            "SELECT (config->>'compress_after')::interval FROM timescaledb_information.jobs"
            " WHERE proc_name = 'policy_compression' AND hypertable_name = %s AND hypertable_schema = current_schema()",
            (table,),
        ).fetchone()
    return None if row is None else row[0]
