"""What reports are made of: alerts with what was told of them, checks by hour, and what has changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.store.pool import Connection

Row = dict[str, Any]
MOST_ALERTS = 20_000
"""Alerts of one period that are looked at, the newest."""
MOST_OPEN = 2_000
_ALERT = (
    "SELECT a.id, a.rule_name, a.subject, a.title, a.severity, a.state, a.acknowledged_by,"
    " (extract(epoch FROM a.started_at) * 1000)::bigint AS started_ms,"
    " (extract(epoch FROM a.ended_at) * 1000)::bigint AS ended_ms,"
    " (extract(epoch FROM a.acknowledged_at) * 1000)::bigint AS acknowledged_ms, a.unknown_since IS NOT NULL AS unknown"
)
_LABELS = (
    ", coalesce((SELECT jsonb_build_object('location', t.detail->'location', 'roles', t.detail->'roles')"
    " FROM alert_transitions t WHERE t.alert_id = a.id ORDER BY t.at LIMIT 1), '{}') AS detail"
)
"""What selectors ask for besides."""


def last_made(connection: Connection, account: int, report: str, before_ms: int) -> int | None:
    """When the last report of this name was due that was made by itself (ms UTC), of those due before `before_ms`."""
    row = connection.execute(
        "SELECT (extract(epoch FROM max(r.due_at)) * 1000)::bigint AS due_ms"
        " FROM report_runs r JOIN reports d ON d.id = r.report_id WHERE d.account_id = %s AND d.name = %s"
        " AND r.state = 'made' AND r.by_hand IS NULL AND r.due_at < to_timestamp(%s / 1000.0)",
        (account, report, before_ms),
    ).fetchone()
    return row["due_ms"] if row is not None else None


def alerts_begun(connection: Connection, account: int, from_ms: int, to_ms: int, *, labels: bool) -> list[Row]:
    """The newest `MOST_ALERTS` that began in a time (ms UTC), the newest first, each with how many notifications of it
    were `delivered`, are `pending`, were held back (`held`) or given up (`failed`); with its own `messages` that were
    delivered, as one that tells several alerts is of one of them; and with how many began (`total`)."""
    return connection.execute(
        (
            f"{_ALERT}{_LABELS if labels else ''}, a.total, n.* FROM ("  # noqa: S608 - constants
            "SELECT *, count(*) OVER () AS total FROM alerts"
            " WHERE account_id = %s AND started_at >= to_timestamp(%s / 1000.0)"
            " AND started_at < to_timestamp(%s / 1000.0) ORDER BY started_at DESC LIMIT %s) a CROSS JOIN LATERAL ("
            "SELECT count(*) FILTER (WHERE state = 'delivered')::int AS delivered,"
            " count(*) FILTER (WHERE state = 'delivered' AND carrier IS NULL)::int AS messages,"
            " count(*) FILTER (WHERE state = 'pending')::int AS pending,"
            " count(*) FILTER (WHERE state IN ('withheld', 'dropped'))::int AS held,"
            " count(*) FILTER (WHERE state = 'failed')::int AS failed FROM notifications WHERE alert_id = a.id) n"
            " ORDER BY a.started_at DESC"
        ).encode(),
        (account, from_ms, to_ms, MOST_ALERTS),
    ).fetchall()


def alerts_open(connection: Connection, account: int, *, labels: bool) -> list[Row]:
    """`MOST_OPEN` alerts that are open now, the gravest first and of these the newest, each with how many are open
    (`total`)."""
    return connection.execute(
        (
            f"{_ALERT}{_LABELS if labels else ''}, a.total FROM (SELECT *, count(*) OVER () AS total,"  # noqa: S608 - constants
            " coalesce(array_position(ARRAY['critical', 'warning', 'info'], severity), 4) AS place FROM alerts"
            " WHERE account_id = %s AND ended_at IS NULL ORDER BY place, started_at DESC LIMIT %s) a"
            " ORDER BY a.place, a.started_at DESC"
        ).encode(),
        (account, MOST_OPEN),
    ).fetchall()


def silences_within(connection: Connection, account: int, from_ms: int, to_ms: int) -> list[Row]:
    """Silences that held at any time of it, the newest first, each with how many did (`total`)."""
    return connection.execute(
        "SELECT selector, reason, author, (extract(epoch FROM starts_at) * 1000)::bigint AS starts_ms,"
        " (extract(epoch FROM ends_at) * 1000)::bigint AS ends_ms,"
        " count(*) OVER () AS total FROM silences"
        " WHERE account_id = %s AND starts_at < to_timestamp(%s / 1000.0) AND ends_at > to_timestamp(%s / 1000.0)"
        " AND ends_at > starts_at ORDER BY starts_at DESC LIMIT 100",
        (account, to_ms, from_ms),
    ).fetchall()


def outages_suppressed(
    connection: Connection, account: int, monitors: Sequence[int], from_ms: int, to_ms: int
) -> list[Row]:
    """Outages that began in a time and were told to nobody, for a parent was down or maintenance was on; the newest
    first, each with how many there were (`total`)."""
    return connection.execute(
        "SELECT m.name, p.name AS parent, i.maintenance,"
        " (extract(epoch FROM i.started_at) * 1000)::bigint AS started_ms, count(*) OVER () AS total"
        " FROM incidents i JOIN monitors m ON m.id = i.monitor_id LEFT JOIN monitors p ON p.id = i.suppressed_by"
        " WHERE i.account_id = %s AND i.monitor_id = ANY(%s) AND (i.suppressed_by IS NOT NULL OR i.maintenance)"
        " AND i.started_at >= to_timestamp(%s / 1000.0) AND i.started_at < to_timestamp(%s / 1000.0)"
        " ORDER BY i.started_at DESC LIMIT 1000",
        (account, list(monitors), from_ms, to_ms),
    ).fetchall()


def monitors_checked(connection: Connection, account: int, chosen: Sequence[int]) -> list[Row]:
    """The account's monitors, or those that are chosen, by number: with their target T (ms)."""
    return connection.execute(
        "SELECT id, name, paused, (config->>'apdex_t_ms')::int AS target_ms FROM monitors"
        " WHERE account_id = %s AND (%s OR id = ANY(%s)) ORDER BY id",
        (account, not chosen, list(chosen)),
    ).fetchall()


def places_of(connection: Connection, monitors: Sequence[int], since_ms: int) -> list[str]:
    """All locations that check any of the monitors, or did on a day (UTC) that ended after `since_ms`.

    A walk along the key of the days, bounded in time: neither months of rows nor old chunks are read for it.
    """
    day = "monitor_id = {} AND bucket > to_timestamp(%(since_ms)s / 1000.0) - interval '1 day'"
    rows = connection.execute(
        (
            "WITH RECURSIVE found AS (SELECT m AS monitor, (SELECT min(location) FROM check_rollup_1d"  # noqa: S608 - constants
            f" WHERE {day.format('m')}) AS place FROM unnest(%(monitors)s::bigint[]) m UNION ALL SELECT monitor,"
            f" (SELECT min(location) FROM check_rollup_1d WHERE {day.format('monitor')} AND location > place)"
            " FROM found WHERE place IS NOT NULL) SELECT place FROM found WHERE place IS NOT NULL"
            " UNION SELECT location FROM monitor_states WHERE monitor_id = ANY(%(monitors)s) ORDER BY place"
        ).encode(),
        {"monitors": list(monitors), "since_ms": since_ms},
    ).fetchall()
    return [row["place"] for row in rows]


def checks_by_hour(
    connection: Connection, monitors: Sequence[int], places: Sequence[str], from_ms: int, to_ms: int
) -> list[tuple[int, int, int]]:
    """Each hour (ms UTC) with checks at any of `places`: how many counted, and how many of them failed."""
    rows = connection.execute(
        "SELECT (extract(epoch FROM bucket) * 1000)::bigint AS hour_ms, sum(up + degraded + down)::bigint AS counted,"
        " sum(down)::bigint AS failed FROM check_rollup_1h WHERE monitor_id = ANY(%s) AND location = ANY(%s)"
        " AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0) GROUP BY bucket",
        (list(monitors), list(places), from_ms, to_ms),
    ).fetchall()
    return [(row["hour_ms"], row["counted"], row["failed"]) for row in rows]


_CHANGES = """
    SELECT 'release' AS what, name, NULL::float8 AS size, '' AS kind, at FROM markers
        WHERE account_id = %(account)s AND (monitors = '{}' OR monitors && %(monitors)s::bigint[])
    UNION ALL SELECT 'monitor', name, NULL, CASE WHEN changed_at > created_at THEN 'changed' ELSE 'made' END, changed_at
        FROM monitors WHERE account_id = %(account)s AND id = ANY(%(monitors)s)
    UNION ALL SELECT 'trend', m.name, t.size, t.kind, t.found_at
        FROM trend_changes t JOIN monitors m ON m.id = t.monitor_id
        WHERE t.account_id = %(account)s AND NOT t.learning AND t.monitor_id = ANY(%(monitors)s)
    UNION ALL SELECT 'host', name, NULL, 'new', first_seen FROM sources WHERE account_id = %(account)s
"""
MOST_CHANGES = 1000


def changes_within(
    connection: Connection, account: int, monitors: Sequence[int], from_ms: int, to_ms: int
) -> list[Row]:
    """What changed in a time, the newest first: `what` is release, monitor (made or changed), trend or host (new);
    each with how much did (`total`)."""
    return connection.execute(
        (
            "SELECT what, name, size, kind, (extract(epoch FROM at) * 1000)::bigint AS at_ms, count(*) OVER () AS total"  # noqa: S608 - constants
            f" FROM ({_CHANGES}) found WHERE at >= to_timestamp(%(from_ms)s / 1000.0)"
            " AND at < to_timestamp(%(to_ms)s / 1000.0) ORDER BY at DESC, what, name LIMIT %(most)s"
        ).encode(),
        {
            "account": account,
            "monitors": list(monitors),
            "from_ms": from_ms,
            "to_ms": to_ms,
            "most": MOST_CHANGES,
        },
    ).fetchall()


def drift_within(connection: Connection, account: int, from_ms: int, to_ms: int) -> list[Row]:
    """Each model with windows in a time: features whose drift was raised, how many windows were judged, and in how many
    drift was raised."""
    return connection.execute(
        "SELECT m.name, count(*)::int AS windows, (count(*) FILTER (WHERE d.raised))::int AS raised,"
        " coalesce(array_agg(DISTINCT d.feature) FILTER (WHERE d.raised), '{}') AS features"
        " FROM drift_windows d JOIN models m ON m.id = d.model_id WHERE m.account_id = %s"
        " AND d.started_at >= to_timestamp(%s / 1000.0) AND d.started_at < to_timestamp(%s / 1000.0)"
        " GROUP BY m.id, m.name ORDER BY raised DESC, m.name",
        (account, from_ms, to_ms),
    ).fetchall()


def hosts_heard(connection: Connection, account: int, from_ms: int, to_ms: int, now_ms: int) -> list[Row]:
    """The account's hosts: whether new in a time, and whether silent at `now_ms`, which only one can be that says how
    often it reports."""
    return connection.execute(
        "SELECT name, first_seen >= to_timestamp(%s / 1000.0) AND first_seen < to_timestamp(%s / 1000.0) AS fresh,"
        " interval_ms > 0 AND %s - extract(epoch FROM last_seen) * 1000 > greatest(10000, 3.0 * interval_ms) AS silent"
        " FROM sources WHERE account_id = %s ORDER BY name",
        (from_ms, to_ms, now_ms, account),
    ).fetchall()
