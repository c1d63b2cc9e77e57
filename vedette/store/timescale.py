"""TimescaleDB: whether a database has it and what it may do there, found by asking and trying, never assumed."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from vedette.settings import TableSettings
from vedette.store.hypertables import columnstore, cut, hypertables
from vedette.store.timed import timed_tables

NAME = "timescaledb"
_LEAST = (2, 13)
"""Older ones lack `by_range`, and refuse upserts into compressed chunks or are slow at them."""


@dataclass(frozen=True, slots=True)
class Timescale:
    """What was found in one database: versions (None: not there), licence, and what is under its care."""

    offered: str | None
    installed: str | None
    license: str | None = None
    hypertables: tuple[str, ...] = ()
    plain: tuple[str, ...] = ()
    columnstore: tuple[str, ...] = ()

    def describe(self) -> str:
        """In one line, for people."""
        if self.installed is None:
            return "plain tables" + (f" (TimescaleDB {self.offered} is offered but not in use)" if self.offered else "")
        tables = f"{len(self.hypertables)} hypertables"
        if self.plain:
            tables += f", still plain: {', '.join(self.plain)}"
        store = f"columnstore on {len(self.columnstore)}" if self.columnstore else "no columnstore"
        return f"TimescaleDB {self.installed} ({self.license} licence, {tables}, {store})"


@dataclass(frozen=True, slots=True)
class Report:
    """What `prepare` did, and what it could not do and why."""

    done: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def detect(connection: psycopg.Connection[Any]) -> Timescale:
    """What is there now. Reads only."""
    offered, installed = _versions(connection)
    if installed is None:
        return Timescale(offered, None)
    with connection.cursor(row_factory=tuple_row) as cursor:
        # No such setting: the library is not loaded, and its views would fail.
        row = cursor.execute("SELECT current_setting('timescaledb.license', true)").fetchone()
        if row is None or row[0] is None:
            return Timescale(offered, None)
        found = hypertables(connection)
        policies = cursor.execute(
            "SELECT hypertable_name FROM timescaledb_information.jobs WHERE proc_name = 'policy_compression'"
            " AND hypertable_schema = current_schema() ORDER BY 1"
        ).fetchall()
    chunked = [table.name for table in timed_tables(TableSettings()) if table.chunk is not None]
    plain = tuple(name for name in chunked if name not in found)
    return Timescale(offered, installed, row[0], tuple(sorted(found)), plain, tuple(name for (name,) in policies))


def prepare(where: str, settings: TableSettings) -> Report:
    """Use TimescaleDB, if the server at `where` (a connection string) offers it and the role may: else plain tables.

    May run again and again: it does what is left to do, and follows changed settings. Raises psycopg's errors only if
    the connection breaks.
    """
    report = Report()
    if settings.timescaledb == "off":
        return report
    with psycopg.connect(where, autocommit=True) as connection:
        offered, installed = _versions(connection)
    if offered is None:
        return report
    if installed is None:
        try:
            # On a connection of its own: a server that has not loaded the library ends it.
            with psycopg.connect(where, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION IF NOT EXISTS timescaledb")
        except psycopg.Error as error:
            report.notes.append(
                f"offered by the server, but cannot be used: {_first_line(error)}; the tables stay plain. An"
                " administrator may put timescaledb into shared_preload_libraries, run CREATE EXTENSION timescaledb"
                " in this database, and then `vedette migrate`"
            )
            return report
        report.done.append(f"timescaledb {offered}")
    with psycopg.connect(where, autocommit=True) as connection:
        _use(connection, settings, report)
    return report


def _use(connection: psycopg.Connection[Any], settings: TableSettings, report: Report) -> None:
    found = detect(connection)
    version = tuple(int(part) for part in (found.installed or "0").split("-")[0].split(".")[:2] if part.isdigit())
    if found.installed is None or version < _LEAST:
        what = "is not loaded by the server" if found.installed is None else f"{found.installed} is too old"
        report.notes.append(f"{what}; at least {'.'.join(map(str, _LEAST))} is needed. The tables stay plain")
        return
    chunked = [table for table in timed_tables(settings) if table.chunk is not None]
    for table in chunked:
        cut(connection, table, settings.convert_max_mb, report.done, report.notes)
    for table in chunked:
        if not columnstore(connection, table, settings, report.done, report.notes):
            break  # the same reason holds for all


def _versions(connection: psycopg.Connection[Any]) -> tuple[str | None, str | None]:
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(
            "SELECT default_version, installed_version FROM pg_available_extensions WHERE name = %s", (NAME,)
        ).fetchone()
    return (None, None) if row is None else (row[0], row[1])


def _first_line(error: psycopg.Error) -> str:
    return (error.diag.message_primary or str(error).strip() or "the server ended the connection").splitlines()[0]
