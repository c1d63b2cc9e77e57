"""Migrations: numbered SQL files, applied once each, in order, by yoyo; then what the database's extension adds."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from vedette.errors import StoreRefused, StoreUnavailable
from vedette.settings import TableSettings
from vedette.store.address import conninfo, parameters, place, without_password
from vedette.store.failures import ours
from vedette.store.schema import MIGRATIONS, Difference, compare, too_new
from vedette.store.timescale import Timescale, detect, prepare
from vedette.telemetry import get_logger

_LOCK = 0x7665646574746500
"""Advisory lock that orders processes which migrate at the same time; PostgreSQL frees it when one dies."""


def migrate(dsn: str, tables: TableSettings | None = None) -> list[str]:
    """Apply what is missing; what this call did: migrations, and changes by `tables` where TimescaleDB is there.

    Safe to call at once from several. What TimescaleDB could not do is logged, and the tables stay plain. `tables` are
    read from the environment if not given. Raises `StoreRefused` if a newer program has changed the tables, or if the
    role may not make them.
    """
    tables = TableSettings.load() if tables is None else tables
    with _connected(dsn) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_LOCK,))
        found = compare(connection)
        if found.unknown:
            raise StoreRefused(too_new(dsn, found.unknown))
        if found.missing:
            _check_permission(connection, dsn)
        done = _apply(dsn)
        report = prepare(conninfo(dsn), tables)
        for note in report.notes:
            get_logger("migrate").warning("timescaledb", note=note)
        return [*done, *report.done]


def missing(dsn: str) -> list[str]:
    """Names of the migrations that the database lacks."""
    return list(difference(dsn).missing)


def difference(dsn: str) -> Difference:
    """How the database's tables differ from those that this program knows."""
    with _connected(dsn) as connection:
        return compare(connection)


def timescale(dsn: str) -> Timescale:
    """What TimescaleDB does in that database."""
    with _connected(dsn) as connection:
        return detect(connection)


def _check_permission(connection: psycopg.Connection, dsn: str) -> None:
    """Raise `StoreRefused` if the role may not make tables: yoyo would go on, and stumble over what it did not make."""
    row = connection.execute(
        "SELECT current_user, current_schema(), has_schema_privilege(current_schema(), 'CREATE')"
    ).fetchone()
    if row is None or not row[2]:
        user, schema = (row[0], row[1] or "public") if row is not None else ("", "public")
        raise StoreRefused(
            f"the database {place(dsn)} refuses: {user} may not make tables in the schema {schema}; as its owner, run"
            f" GRANT CREATE ON SCHEMA {schema} TO {user}"
        )


@contextmanager
def _connected(dsn: str) -> Iterator[psycopg.Connection]:
    """A connection; psycopg's errors as ours, and never with the password."""
    try:
        with psycopg.connect(conninfo(dsn), autocommit=True) as connection:
            yield connection
    except psycopg.Error as error:
        raise _told(error, dsn) from None


def _told(error: psycopg.Error, dsn: str) -> Exception:
    translated = ours(error, dsn)
    if isinstance(translated, StoreRefused | StoreUnavailable):
        return translated
    return StoreRefused(f"the database {place(dsn)} refuses: {without_password(str(error), dsn)}")


def _apply(dsn: str) -> list[str]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # yoyo touches deprecated standard library names
        import yoyo
        from yoyo.backends.core.postgresql import PostgresqlPsycopgBackend
        from yoyo.connections import DatabaseURI

    # Parameters one by one: yoyo's own reading of an address knows a single host only.
    values = parameters(dsn)
    database = values.pop("dbname", None)
    uri = DatabaseURI("postgresql+psycopg", None, None, None, None, database, values)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        backend = PostgresqlPsycopgBackend(uri, yoyo.default_migration_table)
        try:
            backend.init_database()
            todo = backend.to_apply(yoyo.read_migrations(str(MIGRATIONS)))
            names: list[str] = [migration.id for migration in todo]
            if names:
                backend.apply_migrations(todo)
        finally:
            backend.connection.close()
    return list(names)
