"""Single check results, for those who look at each: as they were when a flow counted them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from vedette.events.checks import CheckRecord
from vedette.store.pool import Store

_SPAN_MS = 6 * 3_600_000


def oldest_result(store: Store, monitor: int) -> int | None:
    """When the oldest result of a monitor that is still there was due (ms UTC)."""
    row = store.row(
        "SELECT (extract(epoch FROM min(scheduled_at)) * 1000)::bigint AS oldest FROM check_results"
        " WHERE monitor_id = %s",
        monitor,
    )
    return None if row is None else row["oldest"]


def results(store: Store, account: int, monitor: int, from_ms: int, to_ms: int) -> Iterator[list[CheckRecord]]:
    """Results that were due in the range, without re-checks, by when they ended; some hours at a time."""
    for begin in range(from_ms, to_ms, _SPAN_MS):
        rows = store.tuples(
            "SELECT location, (extract(epoch FROM scheduled_at) * 1000)::bigint,"
            " (extract(epoch FROM started_at) * 1000)::bigint, outcome, total_ms, apdex_t_ms FROM check_results"
            " WHERE monitor_id = %s AND attempt = 1 AND scheduled_at >= to_timestamp(%s / 1000.0)"
            " AND scheduled_at < to_timestamp(%s / 1000.0)",
            monitor,
            begin,
            min(begin + _SPAN_MS, to_ms),
        )
        found = [
            CheckRecord(monitor, location, due, started, outcome, total_ms, apdex_t_ms=target, account=account)
            for location, due, started, outcome, total_ms, target in rows
        ]
        yield sorted(found, key=lambda one: (one.started_ms + one.total_ms, one.location))


def checked_minutes(store: Store, monitors: Sequence[int], from_ms: int, to_ms: int) -> list[int]:
    """Minutes (ms UTC, ascending) in which any of the monitors was checked."""
    rows = store.tuples(
        "SELECT DISTINCT (extract(epoch FROM bucket) * 1000)::bigint AS at FROM check_rollup_1m"
        " WHERE monitor_id = ANY(%s) AND bucket >= to_timestamp(%s / 1000.0) AND bucket < to_timestamp(%s / 1000.0)"
        " ORDER BY at",
        list(monitors),
        from_ms,
        to_ms,
    )
    return [row[0] for row in rows]
