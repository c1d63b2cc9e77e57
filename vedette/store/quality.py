"""Quality windows: what became of a model's predictions, window by window."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from vedette.store.models import still_there
from vedette.store.pool import Jsonb, Store


@dataclass(frozen=True, slots=True)
class QualityRow:
    """One window of one version; times are ms UTC."""

    model: int
    version: str
    start_ms: int
    window_s: int
    rows: int
    labelled: int
    skipped: int
    metrics: dict[str, Any]
    intervals: dict[str, Any]
    estimated: dict[str, Any]


def write_quality(store: Store, rows: Sequence[QualityRow]) -> int:
    """Write windows; each replaces what was known of it. Rows of models that are gone are left out."""
    with store.transaction() as connection:
        known = still_there(connection, {row.model for row in rows})
        chosen = [row for row in rows if row.model in known]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO quality_windows VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (model_id, version, started_at) DO UPDATE SET window_s = excluded.window_s,"
                " rows = excluded.rows, labelled = excluded.labelled, skipped = excluded.skipped,"
                " metrics = excluded.metrics, intervals = excluded.intervals, estimated = excluded.estimated",
                [_values(row) for row in chosen],
            )
    return len(chosen)


def _values(row: QualityRow) -> tuple[Any, ...]:
    counts = (row.model, row.version, row.start_ms, row.window_s, row.rows, row.labelled, row.skipped)
    return (*counts, Jsonb(row.metrics), Jsonb(row.intervals), Jsonb(row.estimated))


def quality_windows(
    store: Store, model: int, from_ms: int, to_ms: int, *, version: str | None, limit: int
) -> list[dict[str, Any]]:
    """Windows that begin in the range, in the order of time; the newest, if there are more than `limit`."""
    return store.rows(
        "SELECT * FROM (SELECT version, (extract(epoch FROM started_at) * 1000)::bigint AS start_ms, window_s, rows,"
        " labelled, skipped, metrics, intervals, estimated FROM quality_windows WHERE model_id = %s"
        " AND started_at >= to_timestamp(%s / 1000.0) AND started_at < to_timestamp(%s / 1000.0)"
        " AND (%s::text IS NULL OR version = %s) ORDER BY started_at DESC, version LIMIT %s) AS found"
        " ORDER BY start_ms, version",
        model,
        from_ms,
        to_ms,
        version,
        version,
        limit,
    )
