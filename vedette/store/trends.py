"""Trends: changes and standings in, lists of them out; and the sums that baselines begin from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from vedette.store.pool import Store

ChangeKind = Literal["step", "decline"]
ChangeDirection = Literal["down", "up"]


class ChangeRow(NamedTuple):
    """One change of a monitor's Apdex; times are ms UTC. See the table's columns."""

    id: int
    account: int
    monitor: int
    kind: ChangeKind
    direction: ChangeDirection
    start_ms: int
    found_ms: int
    size: float
    expected: float
    statistic: float
    threshold: float
    learning: bool
    state: Literal["open", "ended"] = "open"
    ended_ms: int | None = None
    reason: str | None = None


class StandingRow(NamedTuple):
    """How a monitor's watch stands after the bucket that ended at `at_ms`; see the table's columns.

    `pooled` are S, Tol and F of the latest weeks, old ones fading. `profile` begins on Monday.
    """

    monitor: int
    at_ms: int
    learned: int
    needed: int
    down: float
    up: float
    expected: float
    checks: float
    pooled: tuple[float, float, float]
    profile: list[float]


class HourSums(NamedTuple):
    """S, Tol and F of a monitor's hour, all locations, and the target T (ms) they were judged by."""

    monitor: int
    hour_ms: int
    target_ms: int
    counts: tuple[int, int, int]


class IncidentTimes(NamedTuple):
    """When an incident of a monitor began, was confirmed and ended (ms UTC; None: not yet, or never)."""

    monitor: int
    started_ms: int
    confirmed_ms: int | None
    ended_ms: int | None


@dataclass(frozen=True, slots=True)
class TrendBatch:
    """What one activation of the trends flow writes."""

    changes: Sequence[ChangeRow] = ()
    standings: Sequence[StandingRow] = ()


_CHANGE = (
    "INSERT INTO trend_changes (id, account_id, monitor_id, kind, direction, started_at, found_at, size, expected,"
    " statistic, threshold, learning, state, ended_at, reason)"
    " SELECT %s, %s, %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s,"
    " to_timestamp(%s / 1000.0), %s WHERE EXISTS (SELECT 1 FROM monitors WHERE id = %s FOR KEY SHARE)"
    " ON CONFLICT (id) DO UPDATE SET size = excluded.size, expected = excluded.expected,"
    " statistic = excluded.statistic, threshold = excluded.threshold, state = excluded.state,"
    " ended_at = excluded.ended_at, reason = excluded.reason"
)
_STANDING = (
    "INSERT INTO trend_standings (monitor_id, at, learned, needed, down, up, expected, checks, satisfied, tolerating,"
    " frustrated, profile) SELECT %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s, %s, %s"
    " WHERE EXISTS (SELECT 1 FROM monitors WHERE id = %s FOR KEY SHARE)"
    " ON CONFLICT (monitor_id) DO UPDATE SET at = excluded.at, learned = excluded.learned, needed = excluded.needed,"
    " down = excluded.down, up = excluded.up, expected = excluded.expected, checks = excluded.checks,"
    " satisfied = excluded.satisfied, tolerating = excluded.tolerating, frustrated = excluded.frustrated,"
    " profile = excluded.profile"
)
_SHOWN = (
    "SELECT c.id::text, c.monitor_id AS monitor, m.name AS monitor_name, c.kind, c.direction,"
    " (extract(epoch FROM c.started_at) * 1000)::bigint AS start_ms,"
    " (extract(epoch FROM c.found_at) * 1000)::bigint AS found_ms, c.size, c.expected, c.statistic, c.threshold,"
    " c.learning, c.state, (extract(epoch FROM c.ended_at) * 1000)::bigint AS ended_ms, c.reason"
    " FROM trend_changes c JOIN monitors m ON m.id = c.monitor_id WHERE c.account_id = %s"
)
_HOUR, _MINUTE = "'1 hour'", "'1 minute'"
_IN_INCIDENT = (
    "EXISTS (SELECT 1 FROM incidents i WHERE i.monitor_id = r.monitor_id AND i.started_at < r.bucket + {}::interval"
    " AND (i.ended_at IS NULL OR i.ended_at > r.bucket) AND (i.confirmed_at IS NOT NULL"
    " OR i.ended_at IS NULL OR i.ended_at - i.started_at > '10 minutes'::interval))"
)


def write_trends(store: Store, batches: Sequence[TrendBatch]) -> int:
    """Write everything in one transaction; rows that exist are replaced, of removed monitors none is written.

    How many changes.
    """
    changes = [(*row, row.monitor) for batch in batches for row in batch.changes]
    newest = {row.monitor: row for batch in batches for row in batch.standings}
    standings = [(*row[:8], *row.pooled, row.profile, row.monitor) for row in newest.values()]
    with store.transaction() as connection, connection.cursor() as cursor:
        for sql, rows in ((_CHANGE, changes), (_STANDING, standings)):
            if rows:
                cursor.executemany(sql.encode(), rows)
    return len(changes)


def changes_of(
    store: Store,
    account: int,
    from_ms: int,
    to_ms: int,
    *,
    monitor: int | None = None,
    kind: ChangeKind | None = None,
    direction: ChangeDirection | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Changes found in from_ms ≤ t < to_ms, or still open then, newest first."""
    return store.rows(
        _SHOWN + " AND c.found_at < to_timestamp(%s / 1000.0)"
        " AND (c.found_at >= to_timestamp(%s / 1000.0) OR c.state = 'open')"
        " AND (%s::bigint IS NULL OR c.monitor_id = %s) AND (%s::text IS NULL OR c.kind = %s)"
        " AND (%s::text IS NULL OR c.direction = %s) ORDER BY c.found_at DESC, c.id LIMIT %s",
        account, to_ms, from_ms, monitor, monitor, kind, kind, direction, direction, limit,
    )  # fmt: skip


def standing_of(store: Store, monitor: int) -> dict[str, Any] | None:
    """How the monitor's watch stands; None before its first bucket."""
    return store.row(
        "SELECT (extract(epoch FROM at) * 1000)::bigint AS at_ms, learned, needed, down, up, expected, checks,"
        " satisfied, tolerating, frustrated, profile FROM trend_standings WHERE monitor_id = %s",
        monitor,
    )


def incident_times(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[IncidentTimes]:
    """Incidents of `monitors` that went on at any time in from_ms ≤ t < to_ms."""
    rows = store.tuples(
        "SELECT monitor_id, (extract(epoch FROM started_at) * 1000)::bigint,"
        " (extract(epoch FROM confirmed_at) * 1000)::bigint, (extract(epoch FROM ended_at) * 1000)::bigint"
        " FROM incidents WHERE monitor_id = ANY(%s) AND started_at < to_timestamp(%s / 1000.0)"
        " AND (ended_at IS NULL OR ended_at > to_timestamp(%s / 1000.0))",
        list(monitors),
        to_ms,
        from_ms,
    )
    return [IncidentTimes(*row) for row in rows]


def hour_sums(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[HourSums]:
    """Hours of `monitors` that hold checks and lie in no incident, with from_ms ≤ hour < to_ms, oldest first."""
    rows = store.tuples(
        "SELECT r.monitor_id, (extract(epoch FROM r.bucket) * 1000)::bigint, max(r.apdex_t_ms), sum(r.satisfied)::int,"  # noqa: S608 - constants
        " sum(r.tolerating)::int, sum(r.frustrated)::int FROM check_rollup_1h r WHERE r.monitor_id = ANY(%s)"
        " AND r.bucket >= to_timestamp(%s / 1000.0) AND r.bucket < to_timestamp(%s / 1000.0)"
        f" AND NOT {_IN_INCIDENT.format(_HOUR)} GROUP BY r.monitor_id, r.bucket"
        " HAVING sum(r.satisfied + r.tolerating + r.frustrated) > 0 ORDER BY r.bucket, r.monitor_id",
        list(monitors),
        from_ms,
        to_ms,
    )
    return [HourSums(row[0], row[1], row[2], (row[3], row[4], row[5])) for row in rows]


class Sums(NamedTuple):
    """S, Tol and F of a monitor in a range, and how many checks of incidents were left out."""

    counts: tuple[int, int, int]
    left_out: int


def range_sums(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int, *, hours: bool) -> dict[int, Sums]:
    """Of the minutes (or hours) that lie wholly in the range and were judged by the monitor's present target.

    Monitors without checks lack.
    """
    table, width = ("check_rollup_1h", _HOUR) if hours else ("check_rollup_1m", _MINUTE)
    rows = store.tuples(
        "SELECT monitor_id, coalesce(sum(s) FILTER (WHERE NOT hit), 0)::int,"  # noqa: S608 - constants
        " coalesce(sum(t) FILTER (WHERE NOT hit), 0)::int, coalesce(sum(f) FILTER (WHERE NOT hit), 0)::int,"
        " coalesce(sum(s + t + f) FILTER (WHERE hit), 0)::int FROM (SELECT r.monitor_id, r.satisfied AS s,"
        f" r.tolerating AS t, r.frustrated AS f, {_IN_INCIDENT.format(width)} AS hit FROM {table} r"
        " JOIN monitors m ON m.id = r.monitor_id AND r.apdex_t_ms = (m.config->>'apdex_t_ms')::int"
        " WHERE r.monitor_id = ANY(%s) AND r.bucket >= to_timestamp(%s / 1000.0)"
        f" AND r.bucket <= to_timestamp(%s / 1000.0) - {width}::interval) windows GROUP BY monitor_id",
        list(monitors),
        from_ms,
        to_ms,
    )
    return {row[0]: Sums((row[1], row[2], row[3]), row[4]) for row in rows if sum(row[1:])}
