"""Metrics of models: what the values of each name came to, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import astuple, dataclass
from typing import Any

from vedette.store.models import still_there
from vedette.store.pool import Store


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One window of one metric of a version; times are ms UTC."""

    model: int
    version: str
    metric: str
    start_ms: int
    window_s: int
    count: int
    mean: float
    min: float
    max: float


def write_metrics(store: Store, rows: Sequence[MetricRow]) -> int:
    """Write windows; each replaces what was known of it. Rows of models that are gone are left out."""
    with store.transaction() as connection:
        known = still_there(connection, {row.model for row in rows})
        chosen = [row for row in rows if row.model in known]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO model_metrics VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s)"
                " ON CONFLICT (model_id, version, metric, started_at) DO UPDATE SET window_s = excluded.window_s,"
                " count = excluded.count, mean = excluded.mean, min = excluded.min, max = excluded.max",
                [astuple(row) for row in chosen],
            )
    return len(chosen)


def windows(
    store: Store, model: int, from_ms: int, to_ms: int, *, version: str | None, metric: str | None, limit: int
) -> list[dict[str, Any]]:
    """Windows that begin in the range, in the order of time and name; the newest, if there are more than `limit`."""
    return store.rows(
        "SELECT * FROM (SELECT version, metric, (extract(epoch FROM started_at) * 1000)::bigint AS start_ms, window_s,"
        " count, mean, min, max FROM model_metrics WHERE model_id = %s"
        " AND started_at >= to_timestamp(%s / 1000.0) AND started_at < to_timestamp(%s / 1000.0)"
        " AND (%s::text IS NULL OR version = %s) AND (%s::text IS NULL OR metric = %s)"
        " ORDER BY started_at DESC, version, metric LIMIT %s) AS found ORDER BY start_ms, version, metric",
        model,
        from_ms,
        to_ms,
        version,
        version,
        metric,
        metric,
        limit,
    )
