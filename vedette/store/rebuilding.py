"""Rebuilding: rollup rows of whole ranges put in the place of those that are there, each time in one transaction."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from psycopg import sql

from vedette.store.check_phases import PhaseHour, write_phases
from vedette.store.checks import CheckWindow, write_windows
from vedette.store.pool import Connection, Store
from vedette.store.rollups import Catalogue, SourceRow, WideRows, write_in
from vedette.store.stale_digests import forget

Ranges = Mapping[str, tuple[int, int]]
"""Tables by what follows `rollup_` or `check_rollup_` in their names; the times (ms UTC) that are replaced there."""


class Replaced(NamedTuple):
    """How many rows went, and how many came."""

    removed: int
    written: int


@dataclass(frozen=True, slots=True)
class Slice:
    """Rows of some sources: all that these may have in the ranges. `known` tells of sources that may be unknown."""

    layouts: dict[int, bytes]
    pairs: Sequence[tuple[int, int]]
    known: Sequence[SourceRow]
    blocks: Sequence[WideRows]


def replace(store: Store, found: Slice, ranges: Ranges) -> Replaced:
    """Put the slice's rows in the place of all that its sources have in the ranges."""
    sources = [row.id for row in found.known]
    with store.transaction() as connection:
        removed = sum(
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE source_id = ANY(%s) AND {}").format(_rollup(tier), _BETWEEN),
                (sources, *times),
            ).rowcount
            for tier, times in ranges.items()
        )
        _note(connection, found.known)
        return Replaced(removed, write_in(connection, Catalogue(found.layouts, found.pairs, ()), found.blocks))


def remove_others(store: Store, account: int, kept: Collection[int], ranges: Ranges) -> int:
    """Remove what sources of the account other than `kept` have in the ranges; how many rows."""
    statement = (
        "DELETE FROM {} WHERE source_id IN (SELECT id FROM sources WHERE account_id = %s AND id <> ALL(%s)) AND {}"
    )
    with store.transaction() as connection:
        return sum(
            connection.execute(
                sql.SQL(statement).format(_rollup(tier), _BETWEEN), (account, list(kept), *times)
            ).rowcount
            for tier, times in ranges.items()
        )


def replace_checks(
    store: Store,
    monitors: Collection[int],
    minutes: Sequence[CheckWindow],
    hours: Sequence[CheckWindow],
    days: Sequence[CheckWindow],
    ranges: Ranges,
    phases: Sequence[PhaseHour] = (),
) -> Replaced:
    """Put windows, and the phases of hours, in the place of all that these monitors have in the ranges."""
    with store.transaction() as connection:
        if "1d" in ranges:
            forget(connection, monitors, *ranges["1d"])
        removed = sum(
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE monitor_id = ANY(%s) AND {}").format(_checks(tier), _BETWEEN),
                (list(monitors), *times),
            ).rowcount
            for tier, times in ranges.items()
        )
        if "1h" in ranges:
            statement = sql.SQL("DELETE FROM check_phases_1h WHERE monitor_id = ANY(%s) AND {}").format(_BETWEEN)
            connection.execute(statement, (list(monitors), *ranges["1h"]))
            write_phases(connection, phases)
        write_windows(connection, minutes, hours, days)
        return Replaced(removed, len(minutes) + len(hours) + len(days))


def reporting(store: Store, kind: str) -> list[int]:
    """The accounts that may have rows of this kind."""
    table = "monitors" if kind == "checks" else "sources"
    rows = store.rows(f"SELECT DISTINCT account_id FROM {table} ORDER BY account_id")  # noqa: S608 - one of two names
    return [row["account_id"] for row in rows]


_WINDOWS = {
    "samples": (
        "SELECT 1 AS found FROM {} r JOIN sources s ON s.id = r.source_id WHERE s.account_id = %s",
        {"rollup_1m": 60_000, "rollup_1h": 3_600_000, "rollup_1d": 86_400_000},
    ),
    "checks": (
        "SELECT 1 AS found FROM {} r JOIN monitors m ON m.id = r.monitor_id WHERE m.account_id = %s",
        {"check_rollup_1m": 60_000, "check_rollup_1h": 3_600_000, "check_rollup_1d": 86_400_000},
    ),
}


def rows_before(store: Store, kind: str, account: int, time_ms: int) -> bool:
    """Whether the account has rows of windows that ended before that time (ms UTC)."""
    statement, tables = _WINDOWS[kind]
    return any(
        store.row(
            statement.format(table) + " AND r.bucket < to_timestamp(%s / 1000.0) LIMIT 1",
            *(account, time_ms - time_ms % width),
        )
        for table, width in tables.items()
    )


_BETWEEN = sql.SQL("bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)")


def _rollup(tier: str) -> sql.Identifier:
    return sql.Identifier(f"rollup_{tier}")


def _checks(tier: str) -> sql.Identifier:
    return sql.Identifier(f"check_rollup_{tier}")


def _note(connection: Connection, known: Sequence[SourceRow]) -> None:
    """Sources that are not known yet; of those that are, what they say of themselves now is kept."""
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO sources (id, account_id, name, interval_ms, first_seen, last_seen)"
            " VALUES (%s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0))"
            " ON CONFLICT (id) DO UPDATE SET last_seen = greatest(sources.last_seen, excluded.last_seen),"
            " first_seen = least(sources.first_seen, excluded.first_seen)",
            [
                (row.id, row.account, row.name, row.interval_ms, row.last_ms, row.last_ms)
                for row in sorted(known, key=lambda row: row.id)
            ],
        )
