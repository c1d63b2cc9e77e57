"""What is known of a situation's alerts and monitors: deeds, notifications, outages, silences, checks it cost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.store.pool import Store

MOST_ROWS = 1_000
"""Of each kind."""
_BY_MINUTES_MS = 2 * 86_400_000
"""Ranges up to this are summed from minutes, longer ones from hours."""


def transitions(store: Store, alerts: Sequence[int]) -> tuple[list[dict[str, Any]], int]:
    """What became of these alerts, in the order of time, and how many steps of the middle are left out. Of what people
    did, the first `MOST_ROWS` are there."""
    rows = store.rows(
        "SELECT alert, state, at_ms, value, detail, total FROM (SELECT *, count(*) OVER () AS total,"
        " row_number() OVER (ORDER BY at_ms, id) AS place, row_number() OVER (PARTITION BY by_hand ORDER BY at_ms, id)"
        " AS deed FROM (SELECT id, alert_id AS alert, state, (extract(epoch FROM at) * 1000)::bigint AS at_ms, value,"
        " detail, state NOT IN ('firing', 'notice') AND detail ? 'by' AS by_hand FROM alert_transitions"
        " WHERE alert_id = ANY(%s)) AS steps) AS counted WHERE place <= %s OR place > total - %s"
        " OR (by_hand AND deed <= %s) ORDER BY at_ms, id",
        list(alerts),
        MOST_ROWS // 2,
        MOST_ROWS // 2,
        MOST_ROWS,
    )
    total = rows[0]["total"] if rows else 0
    return rows, total - len(rows)


def notifications(store: Store, alerts: Sequence[int]) -> tuple[list[dict[str, Any]], int]:
    """What was told of these alerts: a row for each message, with how many alerts it told of; and how many of the
    middle are left out.

    `at_ms` is when it was delivered; of one that was not, when it was to be.
    """
    rows = store.rows(
        "SELECT * FROM (SELECT *, count(*) OVER () AS total, row_number() OVER (ORDER BY at_ms, position) AS place FROM"
        " (SELECT (extract(epoch FROM min(coalesce(n.delivered_at, n.created_at))) * 1000)::bigint AS at_ms,"
        " c.name AS channel, c.kind, n.body->>'event' AS event, n.state, count(*)::int AS alerts,"
        " max(n.last_answer) AS answer, min(n.position) AS position,"
        " (array_agg(n.alert_id ORDER BY n.position))[1] AS alert FROM notifications n"
        " JOIN channels c ON c.id = n.channel_id WHERE n.alert_id = ANY(%s)"
        " GROUP BY coalesce(n.carrier, n.id), c.id, n.body->>'event', n.state) AS messages) AS counted"
        " WHERE place <= %s OR place > total - %s ORDER BY at_ms, position",
        list(alerts),
        MOST_ROWS // 2,
        MOST_ROWS // 2,
    )
    total = rows[0]["total"] if rows else 0
    return rows, total - len(rows)


def notification_counts(store: Store, alerts: Sequence[int]) -> dict[str, int]:
    """How many notifications of these alerts are in each state."""
    rows = store.tuples(
        "SELECT state, count(*)::int FROM notifications WHERE alert_id = ANY(%s) GROUP BY state ORDER BY state",
        list(alerts),
    )
    return dict(rows)


def outages(store: Store, account: int, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """Incidents of these monitors that went on in from_ms ≤ t < to_ms, with their steps, oldest first."""
    return store.rows(
        "SELECT i.id::text, i.monitor_id AS monitor, m.name,"
        " (extract(epoch FROM i.started_at) * 1000)::bigint AS started_ms,"
        " (extract(epoch FROM i.confirmed_at) * 1000)::bigint AS confirmed_ms,"
        " (extract(epoch FROM i.ended_at) * 1000)::bigint AS ended_ms, i.severity, i.cause, i.error, i.maintenance,"
        " i.suppressed_by, i.timeline FROM incidents i JOIN monitors m ON m.id = i.monitor_id"
        " WHERE i.account_id = %s AND i.monitor_id = ANY(%s) AND i.started_at < to_timestamp(%s / 1000.0)"
        " AND (i.ended_at IS NULL OR i.ended_at >= to_timestamp(%s / 1000.0)) ORDER BY i.started_at, i.id LIMIT %s",
        account,
        list(monitors),
        to_ms,
        from_ms,
        MOST_ROWS,
    )


def silences(store: Store, account: int, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """Silences that held at any time in from_ms ≤ t < to_ms."""
    return store.rows(
        "SELECT id, selector, reason, author, (extract(epoch FROM starts_at) * 1000)::bigint AS from_ms,"
        " (extract(epoch FROM ends_at) * 1000)::bigint AS to_ms FROM silences WHERE account_id = %s"
        " AND starts_at < to_timestamp(%s / 1000.0) AND ends_at > to_timestamp(%s / 1000.0)"
        " ORDER BY starts_at, id LIMIT %s",
        account,
        to_ms,
        from_ms,
        MOST_ROWS,
    )


def check_sums(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int) -> dict[int, dict[str, int]]:
    """Checks of these monitors in a range, by zone of Apdex and how many failed. A long range is of whole hours.

    The zones are by the monitor's present target only, as in every score; failures are all.
    """
    table, unit = ("check_rollup_1m", 60_000) if to_ms - from_ms <= _BY_MINUTES_MS else ("check_rollup_1h", 3_600_000)
    rows = store.rows(
        "SELECT r.monitor_id AS monitor, coalesce(sum(satisfied) FILTER (WHERE now), 0)::int AS satisfied,"  # noqa: S608 - constants
        " coalesce(sum(tolerating) FILTER (WHERE now), 0)::int AS tolerating,"
        " coalesce(sum(frustrated) FILTER (WHERE now), 0)::int AS frustrated,"
        " sum(down)::int AS failed, sum(up + degraded + down)::int AS checks, max(target)::int AS target_ms"
        f" FROM {table} r JOIN monitors m ON m.id = r.monitor_id,"
        " LATERAL (SELECT (m.config->>'apdex_t_ms')::int AS target) t, LATERAL (SELECT r.apdex_t_ms = target AS now) j"
        " WHERE r.monitor_id = ANY(%s) AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)"
        " GROUP BY r.monitor_id",
        list(monitors),
        from_ms - from_ms % unit,
        to_ms,
    )
    return {row.pop("monitor"): row for row in rows}
