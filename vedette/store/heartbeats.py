"""Heartbeats: what is known of each, and its last pings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from vedette.errors import NotFound
from vedette.store.pool import Store

KEPT_PINGS = 100
"""So many pings of each monitor are kept."""


class HeartbeatRow(NamedTuple):
    """One heartbeat as it is now; times are ms UTC. See the table's columns."""

    monitor: int
    pings: int
    last_ping_ms: int | None
    running_since_ms: int | None
    expected_ms: int | None
    down_after_ms: int | None


class PingRow(NamedTuple):
    """The `n`-th ping of a monitor (from 0), at a time (ms UTC); `took_ms` is for how long its run went on."""

    monitor: int
    n: int
    at_ms: int
    said: str
    exit_status: int | None
    rid: str
    took_ms: float | None
    body: str | None
    body_bytes: int


_STILL_THERE = " WHERE EXISTS (SELECT 1 FROM monitors WHERE id = %s FOR KEY SHARE)"
_STATE = (
    "INSERT INTO heartbeats (monitor_id, pings, last_ping_at, running_since, expected_at, down_after)"
    " SELECT %s, %s, to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0), to_timestamp(%s / 1000.0),"
    " to_timestamp(%s / 1000.0)" + _STILL_THERE + " ON CONFLICT (monitor_id) DO UPDATE SET pings = excluded.pings,"
    " last_ping_at = excluded.last_ping_at, running_since = excluded.running_since,"
    " expected_at = excluded.expected_at, down_after = excluded.down_after"
)
_PING = (
    "INSERT INTO pings (monitor_id, slot, n, at, said, exit_status, rid, took_ms, body, body_bytes)"
    " SELECT %s, %s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s" + _STILL_THERE + " ON CONFLICT"
    " (monitor_id, slot) DO UPDATE SET n = excluded.n, at = excluded.at, said = excluded.said,"
    " exit_status = excluded.exit_status, rid = excluded.rid, took_ms = excluded.took_ms, body = excluded.body,"
    " body_bytes = excluded.body_bytes WHERE excluded.at >= pings.at"
)


def write(store: Store, states: Sequence[HeartbeatRow], pings: Sequence[PingRow]) -> None:
    """Write everything in one transaction; what is there is replaced. Of a monitor that was removed nothing is."""
    newest = {state.monitor: state for state in states}
    kept = {(ping.monitor, ping.n % KEPT_PINGS): ping for ping in pings}
    with store.transaction() as connection, connection.cursor() as cursor:
        # In one order, so that two who write at once do not wait for each other.
        if newest:
            cursor.executemany(_STATE.encode(), [(*row, row.monitor) for _, row in sorted(newest.items())])
        if kept:
            cursor.executemany(
                _PING.encode(),
                [(ping.monitor, slot, *ping[1:], monitor) for (monitor, slot), ping in sorted(kept.items())],
            )


def of_account(store: Store, account: int) -> dict[int, dict[str, Any]]:
    """What is known of each heartbeat of an account, by monitor."""
    rows = store.rows(
        "SELECT h.monitor_id, h.pings, (extract(epoch FROM h.last_ping_at) * 1000)::bigint AS last_ping_ms,"
        " (extract(epoch FROM h.running_since) * 1000)::bigint AS running_since_ms,"
        " (extract(epoch FROM h.expected_at) * 1000)::bigint AS next_expected_ms,"
        " (extract(epoch FROM h.down_after) * 1000)::bigint AS down_after_ms"
        " FROM heartbeats h JOIN monitors m ON m.id = h.monitor_id WHERE m.account_id = %s",
        account,
    )
    return {row.pop("monitor_id"): row for row in rows}


_COLUMNS = (
    "SELECT n, (extract(epoch FROM at) * 1000)::bigint AS at_ms, said, exit_status, rid, took_ms, {} AS body,"
    " body_bytes"
    " FROM pings WHERE monitor_id = %s"
)


def latest(store: Store, monitor: int, limit: int, *, body_chars: int) -> list[dict[str, Any]]:
    """The last pings, newest first, each with the beginning of its body."""
    return store.rows(_COLUMNS.format("left(body, %s)") + " ORDER BY at DESC LIMIT %s", body_chars, monitor, limit)


def ping(store: Store, monitor: int, n: int) -> dict[str, Any]:
    """One ping with all that is kept of its body; `NotFound` if it is not kept (any more)."""
    row = store.row(_COLUMNS.format("body") + " AND n = %s", monitor, n)
    if row is None:
        raise NotFound(f"ping {n} of monitor {monitor} does not exist; the last {KEPT_PINGS} are kept")
    return row
