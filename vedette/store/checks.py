"""Checks: raw results, states and windows in; history and totals out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

import psycopg

from vedette.events.checks import CheckRecord
from vedette.store.check_phases import PhaseHour, write_phases
from vedette.store.incidents import IncidentRow, write_incidents
from vedette.store.outage_states import OutageState, write_states
from vedette.store.pool import Connection, Store
from vedette.store.stale_digests import forget_days


class CheckWindow(NamedTuple):
    """Counts of one monitor at one location in one minute, hour or day; see the table's columns.

    `good` and `counted` are the minutes of an hour or a day (`vedette/statistics/minutes.py`), None if not known. A
    minute is one itself, and has none.
    """

    monitor: int
    location: str
    bucket_ms: int
    apdex_t_ms: int
    satisfied: int
    tolerating: int
    frustrated: int
    up: int
    degraded: int
    down: int
    missed: int
    probe_error: int
    sum_ms: float
    min_ms: float | None
    max_ms: float | None
    sketch: bytes
    good: bytes | None = None
    counted: bytes | None = None


class StateRow(NamedTuple):
    """The last state of one monitor at one location."""

    monitor: int
    location: str
    outcome: str
    at_ms: int
    since_ms: int
    total_ms: float
    status: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class CheckBatch:
    """What one flush of the endpoints flow writes."""

    results: Sequence[CheckRecord]
    states: Sequence[StateRow]
    minutes: Sequence[CheckWindow]
    hours: Sequence[CheckWindow]
    incidents: Sequence[IncidentRow] = ()
    days: Sequence[CheckWindow] = ()
    outages: Sequence[OutageState] = ()
    phases: Sequence[PhaseHour] = ()


def newest_check(store: Store) -> int | None:
    """When the newest check of all was due (ms UTC); None before the first."""
    row = store.row("SELECT (extract(epoch FROM max(at)) * 1000)::bigint AS newest FROM monitor_states")
    return None if row is None else row["newest"]


COLUMNS = (
    "monitor_id, location, (date_part('epoch', bucket) * 1000)::bigint, apdex_t_ms, satisfied, tolerating, frustrated,"
    " up, degraded, down, missed, probe_error, sum_ms, min_ms, max_ms, sketch"
)
"""Of a minute, as `CheckWindow` has them; hours and days have `good` and `counted` besides."""
_OF_MINUTES = len(CheckWindow._fields) - 2
_WINDOW = (
    "INSERT INTO {} VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s{})"
    " ON CONFLICT (monitor_id, location, bucket) DO UPDATE SET apdex_t_ms = excluded.apdex_t_ms,"
    " satisfied = excluded.satisfied, tolerating = excluded.tolerating, frustrated = excluded.frustrated,"
    " up = excluded.up, degraded = excluded.degraded, down = excluded.down, missed = excluded.missed,"
    " probe_error = excluded.probe_error, sum_ms = excluded.sum_ms, min_ms = excluded.min_ms,"
    " max_ms = excluded.max_ms, sketch = excluded.sketch{}"
)
_MINUTE = _WINDOW.format("check_rollup_1m", "", "")
_LARGER = _WINDOW.format("{}", ", %s, %s", ", good = excluded.good, counted = excluded.counted")
_TYPES = ["int8", "text", "timestamptz", *["int4"] * 9, *["float8"] * 3, *["bytea"] * 3]
_RESULT = (
    "INSERT INTO check_results VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, to_timestamp(%s / 1000.0),"
    " %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), %s) ON CONFLICT DO NOTHING"
)
_STATE = (
    "INSERT INTO monitor_states VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), %s, %s, %s)"
    " ON CONFLICT (monitor_id, location) DO UPDATE SET outcome = excluded.outcome, at = excluded.at,"
    " since = excluded.since, total_ms = excluded.total_ms, status = excluded.status, error = excluded.error"
    " WHERE excluded.at >= monitor_states.at"
)


def write(store: Store, batches: Sequence[CheckBatch]) -> int:
    """Write everything in one transaction; rows that exist are replaced. How many window rows."""
    with store.transaction() as connection:
        forget_days(connection, [day for batch in batches for day in batch.days])  # before any row is held
        for batch in batches:
            _many(connection, _RESULT, [_result(result) for result in batch.results])
            _many(connection, _STATE, batch.states)
            write_windows(connection, batch.minutes, batch.hours, batch.days)
            write_phases(connection, batch.phases)
            write_incidents(connection, batch.incidents)
            write_states(connection, batch.outages)
        return sum(len(batch.minutes) + len(batch.hours) + len(batch.days) for batch in batches)


def write_windows(
    connection: Connection, minutes: Sequence[CheckWindow], hours: Sequence[CheckWindow], days: Sequence[CheckWindow]
) -> None:
    """Write windows in a transaction of the caller's; those that exist are replaced."""
    forget_days(connection, days)
    _many(connection, _MINUTE, [window[:_OF_MINUTES] for window in minutes])
    _many(connection, _LARGER.format("check_rollup_1h"), hours)
    _many(connection, _LARGER.format("check_rollup_1d"), days)


def add_windows(connection: psycopg.Connection[Any], table: str, windows: Iterable[CheckWindow]) -> None:
    """Add hours or days that do not exist yet: the fast way for many."""
    copy = f"COPY {table} FROM STDIN (FORMAT BINARY)"
    with connection.cursor() as cursor, cursor.copy(copy.encode()) as rows:
        rows.set_types(_TYPES)
        for window in windows:
            bucket = datetime.fromtimestamp(window.bucket_ms / 1000, UTC)
            rows.write_row((*window[:2], bucket, *window[3:]))


def _many(connection: Connection, sql: str, rows: Sequence[tuple[Any, ...]]) -> None:
    if rows:
        with connection.cursor() as cursor:
            cursor.executemany(sql.encode(), rows)


def _result(result: CheckRecord) -> tuple[Any, ...]:
    p = result.phases
    return (
        result.monitor, result.location, result.scheduled_ms, result.attempt, result.started_ms,
        result.outcome, result.total_ms, result.status, result.error,
        p.dns, p.connect, p.tls, p.ttfb, p.transfer, result.bytes, result.tls_expires, result.apdex_t_ms,
    )  # fmt: skip


def windows(
    store: Store, monitor: int, from_ms: int, to_ms: int, *, hours: bool, location: str | None = None
) -> list[CheckWindow]:
    """Minute (or hour) windows with from_ms ≤ bucket < to_ms, oldest first."""
    table = "check_rollup_1h" if hours else "check_rollup_1m"
    more = ", good, counted" if hours else ""
    rows = store.tuples(
        f"SELECT {COLUMNS}{more} FROM {table}"  # noqa: S608 - constants
        " WHERE monitor_id = %s AND bucket >= to_timestamp(%s / 1000.0)"
        " AND bucket < to_timestamp(%s / 1000.0) AND (%s::text IS NULL OR location = %s) ORDER BY bucket, location",
        monitor,
        from_ms,
        to_ms,
        location,
        location,
    )
    return [CheckWindow(*row) for row in rows]


def hours_of_days(store: Store, days: Iterable[tuple[int, str, int]]) -> list[CheckWindow]:
    """The hours of some days, each a monitor, a location and its start (ms UTC)."""
    monitors, locations, starts = map(list, zip(*days, strict=True))
    rows = store.tuples(
        f"SELECT {COLUMNS}, good, counted FROM check_rollup_1h JOIN unnest(%s::bigint[], %s::text[], %s::bigint[])"  # noqa: S608 - constants
        " AS wanted (m, l, day) ON monitor_id = m AND location = l AND bucket >= to_timestamp(day / 1000.0)"
        " AND bucket < to_timestamp(day / 1000.0 + 86400) ORDER BY monitor_id, location, bucket",
        monitors,
        locations,
        starts,
    )
    return [CheckWindow(*row) for row in rows]


class DaySums(NamedTuple):
    """What a monitor's hours add up to.

    Checks by Apdex zone of its present target; minutes in which any succeeded, and in which any counted.
    """

    satisfied: int
    tolerating: int
    frustrated: int
    good: int
    counted: int


def day_sums(store: Store, account: int, since_ms: int, monitor: int | None = None) -> dict[int, DaySums]:
    """The sums over all locations since `since_ms`, by monitor; of one, or of all of the account's.

    Minutes of hours that were written before they held their minutes (see migration 0013) are not counted.
    """
    rows = store.tuples(
        "SELECT monitor_id, coalesce(sum(satisfied), 0)::int, coalesce(sum(tolerating), 0)::int,"
        " coalesce(sum(frustrated), 0)::int, coalesce(sum(bit_count(good)), 0)::int,"
        " coalesce(sum(bit_count(counted)), 0)::int FROM ("
        "SELECT r.monitor_id, sum(satisfied) FILTER (WHERE now) AS satisfied,"
        " sum(tolerating) FILTER (WHERE now) AS tolerating, sum(frustrated) FILTER (WHERE now) AS frustrated,"
        " bit_or(('x' || encode(good, 'hex'))::bit(64)) AS good,"
        " bit_or(('x' || encode(counted, 'hex'))::bit(64)) AS counted"
        " FROM check_rollup_1h r JOIN monitors m ON m.id = r.monitor_id,"
        " LATERAL (SELECT r.apdex_t_ms = (m.config->>'apdex_t_ms')::int AS now) judged"
        " WHERE m.account_id = %s AND (%s::bigint IS NULL OR m.id = %s) AND r.bucket >= to_timestamp(%s / 1000.0)"
        " GROUP BY r.monitor_id, r.bucket) hours GROUP BY monitor_id",
        account,
        monitor,
        monitor,
        since_ms,
    )
    return {row[0]: DaySums(*row[1:]) for row in rows}


def latest(store: Store, monitor: int, limit: int) -> list[dict[str, Any]]:
    """The newest raw results, in the form of the wire."""
    rows = store.rows(
        "SELECT monitor_id AS monitor, location, (extract(epoch FROM scheduled_at) * 1000)::bigint AS scheduled_ms,"
        " (extract(epoch FROM started_at) * 1000)::bigint AS started_ms, outcome, total_ms, status, error,"
        " dns_ms, connect_ms, tls_ms, ttfb_ms, transfer_ms, bytes,"
        " (extract(epoch FROM tls_expires) * 1000)::bigint AS tls_expires, apdex_t_ms, attempt"
        # Inside, by time alone: then chunks are read from the newest on, and only as many as are needed.
        " FROM (SELECT * FROM check_results WHERE monitor_id = %s ORDER BY scheduled_at DESC"
        " FETCH FIRST (%s) ROWS WITH TIES) newest ORDER BY scheduled_at DESC, location LIMIT %s",
        monitor,
        limit,
        limit,
    )
    for row in rows:
        phases = {name: row.pop(f"{name}_ms") for name in ("dns", "connect", "tls", "ttfb", "transfer")}
        row["phases"] = {name: value for name, value in phases.items() if value is not None}
    return rows
