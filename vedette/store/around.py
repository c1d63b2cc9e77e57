"""What an account's rows say of the minutes around a moment: other alerts, checks by minute, drift, what is new."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from vedette.store.pool import Store

MOST = 200
"""Rows of each kind."""
_LONGEST_WINDOW_MS = 7 * 86_400_000


def alerts_begun(store: Store, account: int, from_ms: int, to_ms: int, without: Sequence[int]) -> list[dict[str, Any]]:
    """Alerts that began in from_ms ≤ t < to_ms, without some; with roles and place of their first transition."""
    return store.rows(
        "SELECT a.id, a.rule_name AS rule, a.subject, a.title, a.severity,"
        " (extract(epoch FROM a.started_at) * 1000)::bigint AS at_ms, t.detail->>'roles' AS roles,"
        " t.detail->>'location' AS location FROM alerts a LEFT JOIN LATERAL (SELECT detail FROM alert_transitions"
        " WHERE alert_id = a.id AND state IN ('firing', 'notice') ORDER BY at, id LIMIT 1) t ON true"
        " WHERE a.account_id = %s AND a.started_at >= to_timestamp(%s / 1000.0)"
        " AND a.started_at < to_timestamp(%s / 1000.0) AND NOT a.id = ANY(%s) ORDER BY a.started_at, a.id LIMIT %s",
        account,
        from_ms,
        to_ms,
        list(without),
        MOST,
    )


def outages_begun(store: Store, account: int, from_ms: int, to_ms: int, without: Sequence[int]) -> list[dict[str, Any]]:
    """Incidents that began in from_ms ≤ t < to_ms, without those of some monitors."""
    return store.rows(
        "SELECT i.id::text, i.monitor_id AS monitor, m.name, i.severity, i.cause, i.error, i.suppressed_by,"
        " (extract(epoch FROM i.started_at) * 1000)::bigint AS at_ms"
        " FROM incidents i JOIN monitors m ON m.id = i.monitor_id WHERE i.account_id = %s"
        " AND i.started_at >= to_timestamp(%s / 1000.0)"
        " AND i.started_at < to_timestamp(%s / 1000.0) AND NOT i.monitor_id = ANY(%s)"
        " ORDER BY i.severity, i.started_at, i.id LIMIT %s",
        account,
        from_ms,
        to_ms,
        list(without),
        MOST,
    )


def changes_made(store: Store, account: int, from_ms: int, to_ms: int) -> list[dict[str, Any]]:
    """What was put into the account in from_ms ≤ t < to_ms: `what` is new, its number and name; and boots of hosts."""
    tables = (
        ("monitor", "SELECT id::text AS id, name, created_at AS at FROM monitors WHERE account_id = %s"),
        ("rule", "SELECT id::text, name, created_at FROM rules WHERE account_id = %s"),
        ("model", "SELECT id::text, name, created_at FROM models WHERE account_id = %s"),
        (
            "model version",
            (
                "SELECT m.id::text, m.name || ' ' || v.version, v.created_at FROM model_versions v"
                " JOIN models m ON m.id = v.model_id WHERE m.account_id = %s"
            ),
        ),
        (
            "reference",
            (
                "SELECT m.id::text, m.name || ' ' || r.version, r.created_at FROM model_references r"
                " JOIN models m ON m.id = r.model_id WHERE m.account_id = %s"
            ),
        ),
        ("plugin code", "SELECT name, name, updated_at FROM plugins WHERE account_id = %s"),
        ("host", "SELECT source, source, enrolled_at FROM agents WHERE account_id = %s"),
        (
            "boot",
            "SELECT source, source, to_timestamp(boot_ms / 1000.0) FROM agents WHERE account_id = %s AND boot_ms > 0",
        ),
    )
    query = " UNION ALL ".join(
        f"SELECT '{what}' AS what, found.* FROM ({rows}) AS found (id, name, at)"  # noqa: S608 - constants
        " WHERE at >= to_timestamp(%s / 1000.0) AND at < to_timestamp(%s / 1000.0)"
        for what, rows in tables
    )
    values = [value for _ in tables for value in (account, from_ms, to_ms)]
    return store.rows(
        f"SELECT what, id, name, (extract(epoch FROM at) * 1000)::bigint AS at_ms FROM ({query}) AS made"  # noqa: S608 - constants
        " ORDER BY at, what, id LIMIT %s",
        *values,
        MOST,
    )


def check_minutes(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[tuple[int, ...]]:
    """Monitor, minute (ms UTC), satisfied, tolerating, frustrated, failed and counted checks, those that took a time,
    and the sum of their times (ms), over all locations: oldest first. Other targets' zones are left out."""
    return store.tuples(
        "SELECT r.monitor_id, (extract(epoch FROM r.bucket) * 1000)::bigint AS ms,"
        " coalesce(sum(satisfied) FILTER (WHERE now), 0)::int, coalesce(sum(tolerating) FILTER (WHERE now), 0)::int,"
        " coalesce(sum(frustrated) FILTER (WHERE now), 0)::int, sum(down)::int, sum(up + degraded + down)::int,"
        " sum(up + degraded)::int, sum(sum_ms)::float8 FROM check_rollup_1m r JOIN monitors m ON m.id = r.monitor_id,"
        " LATERAL (SELECT r.apdex_t_ms = (m.config->>'apdex_t_ms')::int AS now) j WHERE r.monitor_id = ANY(%s)"
        " AND r.bucket >= to_timestamp(%s / 1000.0) AND r.bucket < to_timestamp(%s / 1000.0)"
        " GROUP BY r.monitor_id, r.bucket ORDER BY r.monitor_id, r.bucket",
        list(monitors),
        from_ms,
        to_ms,
    )


def drift_begun(store: Store, account: int, at_ms: int, before_ms: int) -> list[dict[str, Any]]:
    """Windows that say drift where the one before did not, if they hold `at_ms` or ended up to `before_ms` before it.

    `after` and `before` are the statistic that drifted, in either window, with its threshold.
    """
    finding = "jsonb_path_query_first(%s, '$.findings[*] ? (@.drifted == true)')"
    same = (
        "jsonb_path_query_first({}, '$.findings[*] ? (@.statistic == $s)', jsonb_build_object('s', after->'statistic'))"
    )
    return store.rows(
        "SELECT model, name, version, feature, start_ms, end_ms, after,"  # noqa: S608 - constants
        f" {same.format('last_verdict')} AS before FROM (SELECT w.model_id AS model, m.name, w.version, w.feature,"
        " w.state,"
        " (extract(epoch FROM w.started_at) * 1000)::bigint AS start_ms,"
        " (extract(epoch FROM w.started_at) * 1000)::bigint + w.window_s * 1000::bigint AS end_ms,"
        f" {finding.replace('%s', 'w.verdict')} AS after, lag(w.verdict) OVER ordered AS last_verdict,"
        " lag(w.state) OVER ordered AS last_state FROM drift_windows w JOIN models m ON m.id = w.model_id"
        " WHERE m.account_id = %s AND w.started_at >= to_timestamp(%s / 1000.0)"
        " AND w.started_at <= to_timestamp(%s / 1000.0)"
        " WINDOW ordered AS (PARTITION BY w.model_id, w.version, w.feature ORDER BY w.started_at)) AS found"
        " WHERE state = 'drift' AND last_state IS DISTINCT FROM 'drift' AND end_ms >= %s"
        " ORDER BY start_ms, model, version, feature LIMIT %s",
        account,
        at_ms - _LONGEST_WINDOW_MS,
        at_ms,
        at_ms - before_ms,
        MOST,
    )


def roles_shared(store: Store, account: int, hosts: Sequence[str]) -> set[str]:
    """Hosts that have any of the roles of these hosts."""
    rows = store.tuples(
        "SELECT DISTINCT other.source FROM source_roles mine JOIN source_roles other"
        " ON other.account_id = mine.account_id AND other.role = mine.role"
        " WHERE mine.account_id = %s AND mine.source = ANY(%s)",
        account,
        list(hosts),
    )
    return {row[0] for row in rows}


def minutes_held(
    store: Store, account: int, hosts: Sequence[str], from_ms: int, to_ms: int
) -> list[tuple[str, int, int, int]]:
    """Host, its number, a layout and how many minutes of it the table holds in the range, of those that there are."""
    return store.tuples(
        "SELECT s.name, r.source_id, r.layout_id, count(*)::int FROM sources s JOIN rollup_1m r ON r.source_id = s.id"
        " WHERE s.account_id = %s AND s.name = ANY(%s) AND r.bucket >= to_timestamp(%s / 1000.0)"
        " AND r.bucket < to_timestamp(%s / 1000.0) GROUP BY s.name, r.source_id, r.layout_id"
        " ORDER BY s.name, r.layout_id",
        account,
        list(hosts),
        from_ms,
        to_ms,
    )


def hosts_heard(store: Store, account: int, since_ms: int, most: int) -> list[str]:
    """Hosts that have reported since then, by name."""
    rows = store.tuples(
        "SELECT name FROM sources WHERE account_id = %s AND last_seen >= to_timestamp(%s / 1000.0)"
        " ORDER BY name LIMIT %s",
        account,
        since_ms,
        most,
    )
    return [row[0] for row in rows]
