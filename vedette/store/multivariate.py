"""Drift of all columns together: samples of references, and what windows came to beside them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from vedette.store.models import still_there
from vedette.store.pool import Jsonb, Store

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class MultivariateRow:
    """One window of a version; times are ms UTC. `result` is what msgspec makes a JSON object of."""

    model: int
    version: str
    start_ms: int
    window_s: int
    reference: int
    state: str
    raised: bool
    rows: int
    result: Any


def write_windows(store: Store, rows: Sequence[MultivariateRow]) -> int:
    """Write windows; each replaces what was known of it. Rows of models that are gone are left out."""
    with store.transaction() as connection:
        known = still_there(connection, {row.model for row in rows})
        chosen = [row for row in rows if row.model in known]
        with connection.cursor() as cursor:
            cursor.executemany(
                "INSERT INTO multivariate_windows VALUES (%s, %s, to_timestamp(%s / 1000.0), %s, %s, %s, %s, %s, %s)"
                " ON CONFLICT (model_id, version, started_at) DO UPDATE SET window_s = excluded.window_s,"
                " reference_id = excluded.reference_id, state = excluded.state, raised = excluded.raised,"
                " rows = excluded.rows, result = excluded.result",
                [_values(row) for row in chosen],
            )
    return len(chosen)


def _values(row: MultivariateRow) -> tuple[Any, ...]:
    place = (row.model, row.version, row.start_ms, row.window_s, row.reference)
    return (*place, row.state, row.raised, row.rows, Jsonb(row.result, _encode))


def windows(
    store: Store, model: int, from_ms: int, to_ms: int, *, version: str | None, limit: int
) -> list[dict[str, Any]]:
    """Windows that begin in the range, in the order of time; the newest, if there are more than `limit`."""
    return store.rows(
        "SELECT * FROM (SELECT version, (extract(epoch FROM started_at) * 1000)::bigint AS start_ms, window_s,"
        " reference_id AS reference, state, raised, rows, result FROM multivariate_windows WHERE model_id = %s"
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


def sample(store: Store, reference: int) -> bytes | None:
    """The sample of a reference's rows, as it was given; None if it has none, or is gone."""
    row = store.row("SELECT columns FROM reference_samples WHERE reference_id = %s", reference)
    return None if row is None else bytes(row["columns"])
