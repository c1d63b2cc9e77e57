"""Drift windows: what was counted and found of each feature of a model, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from vedette.store.models import still_there
from vedette.store.pool import Jsonb, Store

_encode = msgspec.json.Encoder().encode
"""Numbers that are none, and infinite ones, are null."""


@dataclass(frozen=True, slots=True)
class DriftRow:
    """One window of one feature; times are ms UTC. `counts` and `verdict` are what msgspec makes JSON objects of.

    `segments` is None, or a list of the same by segment: `segment`, `state`, `raised`, `rows`, `counts`, `verdict`.
    """

    model: int
    version: str
    feature: str
    start_ms: int
    window_s: int
    reference: int
    state: str
    raised: bool
    rows: int
    counts: Any
    verdict: Any
    segments: Any = None


def write_windows(store: Store, rows: Sequence[DriftRow]) -> int:
    """Write windows; each replaces what was known of it. Rows of models that are gone are left out."""
    with store.transaction() as connection:
        known = still_there(connection, {row.model for row in rows})
        chosen = [row for row in rows if row.model in known]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO drift_windows (model_id, version, feature, started_at, window_s, reference_id, state,"
                " raised, rows, counts, verdict, segments)"
                " VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (model_id, version, feature, started_at) DO UPDATE SET window_s = excluded.window_s,"
                " reference_id = excluded.reference_id, state = excluded.state, raised = excluded.raised,"
                " rows = excluded.rows, counts = excluded.counts, verdict = excluded.verdict,"
                " segments = excluded.segments",
                [_values(row) for row in chosen],
            )
    return len(chosen)


def _values(row: DriftRow) -> tuple[Any, ...]:
    place = (row.model, row.version, row.feature, row.start_ms, row.window_s, row.reference)
    found = (Jsonb(row.counts, _encode), Jsonb(row.verdict, _encode))
    segments = None if row.segments is None else Jsonb(row.segments, _encode)
    return (*place, row.state, row.raised, row.rows, *found, segments)


def windows(
    store: Store, model: int, from_ms: int, to_ms: int, *, version: str | None, feature: str | None, limit: int
) -> list[dict[str, Any]]:
    """Windows that begin in the range, in the order of time and feature; the newest, if there are more than `limit`."""
    return store.rows(
        "SELECT * FROM (SELECT version, feature, (extract(epoch FROM started_at) * 1000)::bigint AS start_ms, window_s,"
        " reference_id AS reference, state, raised, rows, counts, verdict FROM drift_windows WHERE model_id = %s"
        " AND started_at >= to_timestamp(%s / 1000.0) AND started_at < to_timestamp(%s / 1000.0)"
        " AND (%s::text IS NULL OR version = %s) AND (%s::text IS NULL OR feature = %s)"
        " ORDER BY started_at DESC, version, feature LIMIT %s) AS found ORDER BY start_ms, version, feature",
        model,
        from_ms,
        to_ms,
        version,
        version,
        feature,
        feature,
        limit,
    )


def segment_windows(
    store: Store,
    model: int,
    from_ms: int,
    to_ms: int,
    *,
    version: str | None,
    feature: str | None,
    segment: str | None,
    limit: int,
) -> list[dict[str, Any]]:
    """The same by segment (None: all), in the order of time, segment and feature; the newest, if there are more."""
    return store.rows(
        "SELECT * FROM (SELECT version, feature, (extract(epoch FROM started_at) * 1000)::bigint AS start_ms, window_s,"
        " reference_id AS reference, one ->> 'segment' AS segment, one ->> 'state' AS state,"
        " (one ->> 'raised')::boolean AS raised, (one ->> 'rows')::bigint AS rows, one -> 'counts' AS counts,"
        " one -> 'verdict' AS verdict"
        " FROM drift_windows, jsonb_array_elements(segments) AS one WHERE model_id = %s"
        " AND started_at >= to_timestamp(%s / 1000.0) AND started_at < to_timestamp(%s / 1000.0)"
        " AND segments IS NOT NULL AND (%s::text IS NULL OR version = %s) AND (%s::text IS NULL OR feature = %s)"
        " AND (%s::text IS NULL OR one ->> 'segment' = %s)"
        " ORDER BY started_at DESC, version, segment, feature LIMIT %s) AS found"
        " ORDER BY start_ms, version, segment, feature",
        model,
        from_ms,
        to_ms,
        version,
        version,
        feature,
        feature,
        segment,
        segment,
        limit,
    )


def segment_table(
    store: Store, model: int, from_ms: int, to_ms: int, *, version: str | None, limit: int
) -> list[dict[str, Any]]:
    """Each segment and feature over the windows that begin in the range, of the newest `limit` windows of features.

    `windows` counts those that could be judged, `drifted` those that drifted, `psi` is the greatest, `rows` their rows;
    `state`, `raised` and `start_ms` are of the newest window. The worst first.
    """
    found = store.rows(
        "SELECT version, segment, feature, count(*) FILTER (WHERE state IN ('ok', 'drift')) AS windows,"
        " count(*) FILTER (WHERE state = 'drift') AS drifted, max(psi) AS psi, sum(rows)::bigint AS rows,"
        " (array_agg(state ORDER BY started_at DESC))[1] AS state,"
        " (array_agg(raised ORDER BY started_at DESC))[1] AS raised,"
        " (extract(epoch FROM max(started_at)) * 1000)::bigint AS start_ms"
        " FROM (SELECT version, feature, started_at, one ->> 'segment' AS segment, one ->> 'state' AS state,"
        " (one ->> 'raised')::boolean AS raised, (one ->> 'rows')::bigint AS rows, (jsonb_path_query_first(one,"
        " '$.verdict.findings[*] ? (@.statistic == \"psi\").value') #>> '{}')::double precision AS psi"
        " FROM (SELECT version, feature, started_at, segments FROM drift_windows WHERE model_id = %s"
        " AND started_at >= to_timestamp(%s / 1000.0) AND started_at < to_timestamp(%s / 1000.0)"
        " AND segments IS NOT NULL AND (%s::text IS NULL OR version = %s) ORDER BY started_at DESC LIMIT %s) AS newest,"
        " jsonb_array_elements(segments) AS one) AS found GROUP BY version, segment, feature",
        model,
        from_ms,
        to_ms,
        version,
        version,
        limit,
    )
    return sorted(found, key=_worst_first)


def _worst_first(cell: dict[str, Any]) -> tuple[Any, ...]:
    share = cell["drifted"] / max(cell["windows"], 1)
    return not cell["raised"], -share, -(cell["psi"] or 0.0), cell["version"], cell["segment"], cell["feature"]
