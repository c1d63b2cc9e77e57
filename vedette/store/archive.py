"""The archive's manifest: the tables that decide which objects are part of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from vedette.store.pool import Connection, Store

HOUR_MS = 3_600_000
_OBJECT = (
    "kind, account_id AS account, (extract(epoch FROM hour) * 1000)::bigint AS hour_ms, path, events, bytes, min_ms,"
    " max_ms, checksum, generation, partition, first_offset, last_offset"
)


@dataclass(frozen=True, slots=True)
class ArchiveObject:
    """One object: `events` of one kind, account and hour (start, ms UTC) of the events' own time, `min_ms` to `max_ms`.

    `generation`, `partition` and offsets (both inclusive) say which piece of the log it was made from; they are None
    for one that was made from several objects. `checksum` is the xxh3 of its bytes, signed.
    """

    kind: str
    account: int
    hour_ms: int
    path: str
    events: int
    bytes: int
    min_ms: int
    max_ms: int
    checksum: int
    generation: int | None = None
    partition: int | None = None
    first_offset: int | None = None
    last_offset: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """How far a partition is archived: everything below `next_offset` of the log's `generation`.

    `fingerprint` is the hash of the last archived record, by which a log that was made anew is told.
    """

    generation: int
    next_offset: int
    fingerprint: int | None = None


class Outcome(Enum):
    """What became of a commit."""

    DONE = auto()
    MOVED = auto()
    """Somebody else has archived on from there: nothing was written."""
    FORGOTTEN = auto()
    """The uploads were given up as left behind: they must be announced and uploaded again. Nothing was written."""


def position(store: Store, topic: str, partition: int) -> Position:
    """The stored position; a partition that was never archived begins at 0."""
    with store.transaction() as connection:
        return _locked(connection, topic, partition)


def begin_generation(store: Store, topic: str, partition: int, old: Position) -> Position:
    """Begin at 0 again, unless somebody has changed the position since `old` was read; the position then."""
    with store.transaction() as connection:
        found = _locked(connection, topic, partition)
        if found != old:
            return found
        fresh = Position(old.generation + 1, 0)
        _move(connection, topic, partition, fresh)
        return fresh


def _locked(connection: Connection, topic: str, partition: int) -> Position:
    connection.execute("SET LOCAL lock_timeout = '30s'")
    connection.execute(
        "INSERT INTO archive_positions (topic, partition) VALUES (%s, %s) ON CONFLICT DO NOTHING", (topic, partition)
    )
    row = connection.execute(
        "SELECT generation, next_offset, fingerprint FROM archive_positions WHERE topic = %s AND partition = %s"
        " FOR UPDATE",
        (topic, partition),
    ).fetchone()
    assert row is not None  # it was made above, and rows of this table are never deleted
    return Position(**row)


def _move(connection: Connection, topic: str, partition: int, to: Position) -> None:
    connection.execute(
        "UPDATE archive_positions SET generation = %s, next_offset = %s, fingerprint = %s"
        " WHERE topic = %s AND partition = %s",
        (to.generation, to.next_offset, to.fingerprint, topic, partition),
    )


def announce(store: Store, paths: Sequence[str]) -> None:
    """Note objects that will be uploaded now, so that they are found if this process dies before their commit.

    Waits for one who is just deleting what an earlier process left at the same path.
    """
    if paths:
        store.execute(
            "INSERT INTO archive_uploads (path) SELECT * FROM unnest(%s::text[]) AS path ORDER BY path"
            " ON CONFLICT (path) DO UPDATE SET started_at = now()",
            list(paths),
        )


def commit(
    store: Store, topic: str, partition: int, start: Position, end: Position, objects: Sequence[ArchiveObject]
) -> Outcome:
    """Make announced, uploaded `objects` part of the archive and move the position from `start` to `end`, or neither.

    The row of the position is locked, so of two processes that archive the same offsets one commits.
    """
    try:
        with store.transaction() as connection:
            if _locked(connection, topic, partition) != start:
                return Outcome.MOVED
            _add(connection, objects)
            _move(connection, topic, partition, end)
    except _ForgottenError:
        return Outcome.FORGOTTEN
    return Outcome.DONE


class _ForgottenError(Exception):
    """Rolls a transaction back: an upload is not announced any more."""


def _add(connection: Connection, objects: Sequence[ArchiveObject]) -> None:
    paths = [found.path for found in objects]
    if connection.execute("DELETE FROM archive_uploads WHERE path = ANY(%s)", (paths,)).rowcount != len(paths):
        raise _ForgottenError
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO archive_objects (kind, account_id, hour, path, events, bytes, min_ms, max_ms, checksum,"
            " generation, partition, first_offset, last_offset)"
            " VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    *(found.kind, found.account, found.hour_ms, found.path, found.events, found.bytes, found.min_ms),
                    *(found.max_ms, found.checksum, found.generation, found.partition),
                    *(found.first_offset, found.last_offset),
                )
                for found in objects
            ],
        )


def swap(store: Store, old: Sequence[ArchiveObject], new: ArchiveObject) -> bool:
    """Put `new`, announced and uploaded, in the place of `old`; False, and nothing done, if one of them is gone."""
    paths = sorted(found.path for found in old)
    try:
        with store.transaction() as connection:
            connection.execute("SET LOCAL lock_timeout = '30s'")
            if _discard(connection, "path = ANY(%s)", paths) != len(paths):
                raise _ForgottenError
            _add(connection, [new])
    except _ForgottenError:
        return False
    return True


def _discard(connection: Connection, condition: str, value: Any) -> int:
    return connection.execute(
        f"WITH gone AS (DELETE FROM archive_objects WHERE {condition} RETURNING path)"  # noqa: S608 - our own text
        " INSERT INTO archive_garbage (path) SELECT path FROM gone"
        " ON CONFLICT (path) DO UPDATE SET since = now()".encode(),
        (value,),
    ).rowcount


def expire(store: Store, before_ms: int) -> int:
    """Take the objects of hours that ended before `before_ms` out of the archive; how many."""
    with store.transaction() as connection:
        return _discard(connection, "hour < to_timestamp(%s / 1000.0)", before_ms - HOUR_MS)


def objects(store: Store, kind: str, account: int, from_ms: int, to_ms: int) -> list[ArchiveObject]:
    """The objects that hold events of `from_ms` ≤ time < `to_ms`, by hour, in the order of their commits."""
    rows = store.rows(
        f"SELECT {_OBJECT} FROM archive_objects WHERE kind = %s AND account_id = %s"  # noqa: S608 - our own text
        " AND hour > to_timestamp(%s / 1000.0) AND hour < to_timestamp(%s / 1000.0)"
        " AND max_ms >= %s AND min_ms < %s ORDER BY hour, id",
        *(kind, account, from_ms - HOUR_MS, to_ms, from_ms, to_ms),
    )
    return [ArchiveObject(**row) for row in rows]


def accounts(store: Store, kind: str, from_ms: int, to_ms: int) -> list[int]:
    """The accounts that have something in the archive in that time."""
    rows = store.rows(
        "SELECT DISTINCT account_id FROM archive_objects WHERE kind = %s"
        " AND hour > to_timestamp(%s / 1000.0) AND hour < to_timestamp(%s / 1000.0) AND max_ms >= %s AND min_ms < %s"
        " ORDER BY account_id",
        *(kind, from_ms - HOUR_MS, to_ms, from_ms, to_ms),
    )
    return [row["account_id"] for row in rows]


def extent(store: Store, kind: str, account: int) -> tuple[int, int] | None:
    """The times (ms UTC) of the first and the last archived event; None if there is none."""
    row = store.row(
        "SELECT min(min_ms) AS first, max(max_ms) AS last FROM archive_objects WHERE kind = %s AND account_id = %s",
        *(kind, account),
    )
    return None if row is None or row["first"] is None else (row["first"], row["last"])


def hours(store: Store, kind: str, account: int, from_ms: int, to_ms: int) -> list[int]:
    """The starts (ms UTC) of the hours with events in that time, in order."""
    rows = store.rows(
        "SELECT DISTINCT (extract(epoch FROM hour) * 1000)::bigint AS hour_ms FROM archive_objects WHERE kind = %s"
        " AND account_id = %s AND hour > to_timestamp(%s / 1000.0) AND hour < to_timestamp(%s / 1000.0)"
        " AND max_ms >= %s AND min_ms < %s ORDER BY hour_ms",
        *(kind, account, from_ms - HOUR_MS, to_ms, from_ms, to_ms),
    )
    return [row["hour_ms"] for row in rows]
