"""When sources reported, by their rows."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.store.pool import Store
from vedette.store.rollups import TIERS


def report_times(store: Store, tier: str, sources: Sequence[int], from_ms: int, to_ms: int) -> dict[int, list[int]]:
    """The windows of a tier in which each source reported anything: their starts (ms UTC), ascending."""
    if tier not in TIERS:
        raise ValueError(tier)
    rows = store.rows(
        "SELECT DISTINCT source_id, (extract(epoch FROM bucket) * 1000)::bigint AS ms"  # noqa: S608 - a tier's name
        f" FROM rollup_{tier} WHERE source_id = ANY(%s)"
        " AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)",
        list(sources),
        from_ms,
        to_ms,
    )
    found: dict[int, list[int]] = {}
    for row in rows:
        found.setdefault(int(row["source_id"]), []).append(int(row["ms"]))
    return {source: sorted(times) for source, times in found.items()}


def alerts_between(store: Store, account: int, rule: int, from_ms: int, to_ms: int) -> dict[str, int]:
    """What a rule did: alerts that fired within the range, and for how many seconds of it."""
    row = store.row(
        "SELECT count(*)::int AS fired, coalesce(sum(extract(epoch FROM least(coalesce(ended_at, to_ms), to_ms)"
        " - greatest(started_at, from_ms))), 0)::bigint AS firing_s"
        " FROM alerts, (SELECT to_timestamp(%s / 1000.0) AS from_ms, to_timestamp(%s / 1000.0) AS to_ms) r"
        " WHERE account_id = %s AND rule_id = %s AND started_at < to_ms AND coalesce(ended_at, to_ms) >= from_ms",
        from_ms,
        to_ms,
        account,
        rule,
    )
    assert row is not None
    return dict(row)
