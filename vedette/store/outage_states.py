"""Outage states: how each monitor is, over all its locations; one row a monitor."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from vedette.store.pool import Connection, Store


class OutageState(NamedTuple):
    """The state of one monitor since `since_ms`, as decided at `at_ms` (ms UTC), with its open incident."""

    monitor: int
    state: str
    since_ms: int
    at_ms: int
    incident: int | None
    suppressed_by: int | None


_WRITE = (
    b"INSERT INTO outage_states (monitor_id, state, since, at, incident_id, suppressed_by)"
    b" SELECT %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), %s, %s"
    b" WHERE EXISTS (SELECT 1 FROM monitors WHERE id = %s FOR SHARE)"
    b" ON CONFLICT (monitor_id) DO UPDATE SET state = excluded.state, since = excluded.since, at = excluded.at,"
    b" incident_id = excluded.incident_id, suppressed_by = excluded.suppressed_by WHERE excluded.at >= outage_states.at"
)
_END_OTHERS = (
    b"UPDATE incidents i SET state = 'ended', ended_at = greatest(i.started_at, i.confirmed_at, s.at)"
    b" FROM outage_states s WHERE s.monitor_id = i.monitor_id AND i.monitor_id = ANY(%s) AND i.ended_at IS NULL"
    b" AND i.id IS DISTINCT FROM s.incident_id AND i.started_at <= s.at"
)


def write_states(connection: Connection, rows: Sequence[OutageState]) -> None:
    """Write states in a transaction of the caller's, after the incidents.

    A newer one that is there stays (a replay after a crash). A monitor has one open incident at most: another one,
    which a crash may have left, ends.
    """
    if not rows:
        return
    with connection.cursor() as cursor:
        cursor.executemany(_WRITE, [(*row, row.monitor) for row in rows])
        cursor.execute(_END_OTHERS, ([row.monitor for row in rows],))


def states_of(store: Store, account: int, monitor: int | None = None) -> dict[int, dict[str, Any]]:
    """`state`, `since_ms`, `incident` and `suppressed_by` of the account's monitors, or of one of them."""
    rows = store.rows(
        "SELECT s.monitor_id, s.state, (extract(epoch FROM s.since) * 1000)::bigint AS since_ms,"
        " s.incident_id::text AS incident, s.suppressed_by FROM outage_states s"
        " JOIN monitors m ON m.id = s.monitor_id WHERE m.account_id = %s AND (%s::bigint IS NULL OR m.id = %s)",
        account,
        monitor,
        monitor,
    )
    return {row.pop("monitor_id"): row for row in rows}
