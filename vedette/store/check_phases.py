"""Check phases: how long each phase of a monitor's checks took, as sketches of hours, and in raw results."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from vedette.store.pool import Connection, Store

_COLUMNS = "dns_ms, connect_ms, tls_ms, ttfb_ms, transfer_ms"
_WRITE = (
    b"INSERT INTO check_phases_1h VALUES (%s, %s, to_timestamp(%s / 1000.0), %s)"
    b" ON CONFLICT (monitor_id, location, bucket) DO UPDATE SET sketches = excluded.sketches"
)
_WITHIN = (
    " monitor_id = %s AND {at} >= to_timestamp(%s / 1000.0) AND {at} < to_timestamp(%s / 1000.0)"
    " AND (%s::text IS NULL OR location = %s)"
)


class PhaseHour(NamedTuple):
    """One monitor at one location in one hour; `sketches` as `vedette.windows.phases.packed` makes them."""

    monitor: int
    location: str
    bucket_ms: int
    sketches: bytes


def write_phases(connection: Connection, hours: Sequence[PhaseHour]) -> None:
    """Write hours in a transaction of the caller's; those that exist are replaced."""
    if hours:
        with connection.cursor() as cursor:
            cursor.executemany(_WRITE, hours)


def oldest_result_ms(store: Store, monitor: int) -> int | None:
    """When the oldest raw result that is kept of a monitor was due (ms UTC)."""
    row = store.row(
        "SELECT (extract(epoch FROM min(scheduled_at)) * 1000)::bigint AS oldest FROM check_results"
        " WHERE monitor_id = %s",
        monitor,
    )
    return None if row is None else row["oldest"]


def hours_between(
    store: Store, monitor: int, from_ms: int, to_ms: int, location: str | None = None
) -> list[tuple[str, int, bytes]]:
    """Location, begin (ms UTC) and sketches of each hour from `from_ms` to `to_ms` (both whole hours)."""
    statement = (
        "SELECT location, (date_part('epoch', bucket) * 1000)::bigint, sketches FROM check_phases_1h WHERE"  # noqa: S608 - constants
        + _WITHIN.format(at="bucket")
    )
    return store.tuples(statement, monitor, from_ms, to_ms, location, location)


def results_between(
    store: Store, monitor: int, from_ms: int, to_ms: int, location: str | None = None
) -> list[tuple[Any, ...]]:
    """Location, slot (ms UTC) and phases (ms, None where not reached) of each counted good result in the range."""
    return store.tuples(
        f"SELECT location, (date_part('epoch', scheduled_at) * 1000)::bigint, {_COLUMNS} FROM check_results WHERE"  # noqa: S608 - constants
        + _WITHIN.format(at="scheduled_at")
        + " AND attempt = 1 AND outcome IN ('up', 'degraded')",
        *(monitor, from_ms, to_ms, location, location),
    )
