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
    """One window of one feature; times are ms UTC. `counts` and `verdict` are what msgspec makes JSON objects of."""

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


def write_windows(store: Store, rows: Sequence[DriftRow]) -> int:
    """Write windows; each replaces what was known of it. Rows of models that are gone are left out."""
    with store.transaction() as connection:
        known = still_there(connection, {row.model for row in rows})
        chosen = [row for row in rows if row.model in known]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO drift_windows VALUES (%s, %s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (model_id, version, feature, started_at) DO UPDATE SET window_s = excluded.window_s,"
                " reference_id = excluded.reference_id, state = excluded.state, raised = excluded.raised,"
                " rows = excluded.rows, counts = excluded.counts, verdict = excluded.verdict",
                [_values(row) for row in chosen],
            )
    return len(chosen)


def _values(row: DriftRow) -> tuple[Any, ...]:
    place = (row.model, row.version, row.feature, row.start_ms, row.window_s, row.reference)
    return (*place, row.state, row.raised, row.rows, Jsonb(row.counts, _encode), Jsonb(row.verdict, _encode))


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
