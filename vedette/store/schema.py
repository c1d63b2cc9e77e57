"""The schema's version: which migrations a database has, and which of them this program knows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from vedette.errors import StoreRefused
from vedette.store.address import place

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Difference:
    """Migrations that the database lacks, and those that it has and this program does not know."""

    missing: tuple[str, ...]
    unknown: tuple[str, ...]


def known() -> list[str]:
    """The migrations that this program knows, in order."""
    return sorted(path.stem for path in MIGRATIONS.glob("[0-9]*.*") if path.suffix in {".sql", ".py"})


def compare(connection: psycopg.Connection[Any]) -> Difference:
    """How the database's tables differ from ours."""
    with connection.cursor(row_factory=psycopg.rows.tuple_row) as cursor:
        table = cursor.execute("SELECT to_regclass('_yoyo_migration')").fetchone()
        if table is None or table[0] is None:
            return Difference(tuple(known()), ())
        done = {row[0] for row in cursor.execute("SELECT migration_id FROM _yoyo_migration")}
    ours = known()
    return Difference(tuple(name for name in ours if name not in done), tuple(sorted(done - set(ours))))


def check_schema(connection: psycopg.Connection[Any], dsn: str) -> None:
    """Raise `StoreRefused` unless the database has exactly the tables that this program knows."""
    found = compare(connection)
    if found.unknown:
        raise StoreRefused(too_new(dsn, found.unknown))
    if found.missing:
        raise StoreRefused(f"the database {place(dsn)} lacks {', '.join(found.missing)}: run `vedette migrate`")


def too_new(dsn: str, unknown: tuple[str, ...]) -> str:
    """What to say of migrations that a newer program has applied."""
    return (
        f"the database {place(dsn)} has {', '.join(unknown)}, which this program does not know: a newer Vedette has"
        " changed its tables; install that version here"
    )
