"""Incidents: the outages of monitors, one row each, replaced while they go on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from vedette.errors import NotFound
from vedette.store.pool import Connection, Jsonb, Store

IncidentState = Literal["open", "ended", "partial", "confirmed"]


class IncidentRow(NamedTuple):
    """One incident as of its `changes`-th step; times are ms UTC. See the table's columns."""

    id: int
    account: int
    monitor: int
    started_ms: int
    confirmed_ms: int | None
    ended_ms: int | None
    state: str
    severity: str
    cause: str
    error: str | None
    evidence: dict[str, str] | None
    votes: dict[str, dict[str, str | int | None]]
    timeline: list[dict[str, str | int | None]]
    maintenance: bool
    suppressed_by: int | None
    changes: int


_WRITE = (
    "INSERT INTO incidents (id, account_id, monitor_id, started_at, confirmed_at, ended_at, state, severity, cause,"
    " error, evidence, votes, timeline, maintenance, suppressed_by, changes)"
    " SELECT %s, %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), %s, %s, %s,"
    " %s, %s, %s, %s, %s, %s, %s WHERE EXISTS (SELECT 1 FROM monitors WHERE id = %s FOR SHARE)"
    " ON CONFLICT (id) DO UPDATE SET confirmed_at = excluded.confirmed_at, ended_at = excluded.ended_at,"
    " state = excluded.state, severity = excluded.severity, votes = excluded.votes, timeline = excluded.timeline,"
    " maintenance = excluded.maintenance, changes = excluded.changes,"
    " suppressed_by = coalesce(incidents.suppressed_by, excluded.suppressed_by)"
    " WHERE excluded.changes >= incidents.changes"
)
_COLUMNS = (
    "SELECT i.id::text, i.monitor_id AS monitor, m.name AS monitor_name, i.state, i.severity, i.cause, i.error,"
    " (extract(epoch FROM i.started_at) * 1000)::bigint AS started_ms,"
    " (extract(epoch FROM i.confirmed_at) * 1000)::bigint AS confirmed_ms,"
    " (extract(epoch FROM i.ended_at) * 1000)::bigint AS ended_ms, i.maintenance, i.suppressed_by{}"
    " FROM incidents i JOIN monitors m ON m.id = i.monitor_id WHERE i.account_id = %s"
)


def write_incidents(connection: Connection, rows: Sequence[IncidentRow]) -> None:
    """Write incidents in a transaction of the caller's.

    One that is there is replaced, unless it has gone on since (a replay after a crash). One of a monitor that was
    removed is left out.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE.encode(), [(*_adapted(row), row.monitor) for row in rows])


def _adapted(row: IncidentRow) -> tuple[Any, ...]:
    evidence = None if row.evidence is None else Jsonb(row.evidence)
    return tuple(row._replace(evidence=evidence, votes=Jsonb(row.votes), timeline=Jsonb(row.timeline)))  # type: ignore[arg-type] # as the driver wants them


def incidents_of(
    store: Store,
    account: int,
    from_ms: int,
    to_ms: int,
    *,
    monitor: int | None = None,
    state: IncidentState | None = None,
    limit: int = 200,
) -> list[dict[str, Any]]:
    """Incidents that went on at any time in from_ms ≤ t < to_ms, newest first, without votes and timelines."""
    return store.rows(
        _COLUMNS.format("") + " AND i.started_at < to_timestamp(%s / 1000.0)"
        " AND (i.ended_at IS NULL OR i.ended_at >= to_timestamp(%s / 1000.0))"
        " AND (%s::bigint IS NULL OR i.monitor_id = %s) AND CASE %s::text WHEN 'open' THEN i.ended_at IS NULL"
        " WHEN 'ended' THEN i.ended_at IS NOT NULL WHEN 'partial' THEN i.confirmed_at IS NULL"
        " WHEN 'confirmed' THEN i.confirmed_at IS NOT NULL ELSE true END ORDER BY i.started_at DESC, i.id LIMIT %s",
        account, to_ms, from_ms, monitor, monitor, state, limit,
    )  # fmt: skip


def incident(store: Store, account: int, identity: int) -> dict[str, Any]:
    """One incident with all that is known of it; `NotFound` if the account has no such one."""
    columns = _COLUMNS.format(", i.evidence, i.votes, i.timeline")
    row = store.row(columns + " AND i.id = %s", account, identity)
    if row is None:
        raise NotFound(f"incident {identity} does not exist")
    return row


def trouble_now(store: Store, monitors: Sequence[int]) -> dict[int, str]:
    """Which of `monitors` are `down` or `partial`, as far as is written.

    One that is no longer checked is not believed to be.
    """
    rows = store.rows(
        "SELECT i.monitor_id, min(i.state) AS state FROM incidents i JOIN monitors m ON m.id = i.monitor_id"
        " WHERE i.monitor_id = ANY(%s) AND i.ended_at IS NULL AND NOT m.paused"
        " AND EXISTS (SELECT 1 FROM monitor_states s WHERE s.monitor_id = m.id AND s.outcome = 'down'"
        # By the time of the account's results, so that a flow that is behind judges alike.
        " AND s.at > (SELECT max(o.at) FROM monitor_states o JOIN monitors n ON n.id = o.monitor_id"
        " WHERE n.account_id = m.account_id)"
        " - make_interval(secs => 3 * coalesce((m.config->>'interval_s')::float8, 60)"
        " + coalesce((m.config->>'timeout_s')::float8, 10))) GROUP BY i.monitor_id",
        list(monitors),
    )
    return {row["monitor_id"]: row["state"] for row in rows}
