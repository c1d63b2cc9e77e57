"""Check days: rows of days made of the rows of their hours, where days were not kept before."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import psycopg
from psycopg.rows import tuple_row

from vedette.statistics.minutes import Minutes, from_bytes
from vedette.statistics.sketch import Sketch
from vedette.store.checks import COLUMNS, CheckWindow, add_windows

DAY_MS, HOUR_MS, MINUTE_MS = 86_400_000, 3_600_000, 60_000
_MONITORS = 20
"""Read at once: their hours of a year are some hundred megabytes here."""


def day_of(hours: Sequence[CheckWindow]) -> CheckWindow:
    """The day of one monitor and location from all its hours, in the order of time."""
    start = hours[0].bucket_ms - hours[0].bucket_ms % DAY_MS
    lows = [hour.min_ms for hour in hours if hour.min_ms is not None]
    highs = [hour.max_ms for hour in hours if hour.max_ms is not None]
    good, counted = _minutes(hours, start)
    return CheckWindow(
        monitor=hours[0].monitor,
        location=hours[0].location,
        bucket_ms=start,
        apdex_t_ms=hours[-1].apdex_t_ms,
        satisfied=sum(hour.satisfied for hour in hours),
        tolerating=sum(hour.tolerating for hour in hours),
        frustrated=sum(hour.frustrated for hour in hours),
        up=sum(hour.up for hour in hours),
        degraded=sum(hour.degraded for hour in hours),
        down=sum(hour.down for hour in hours),
        missed=sum(hour.missed for hour in hours),
        probe_error=sum(hour.probe_error for hour in hours),
        sum_ms=sum(hour.sum_ms for hour in hours),
        min_ms=min(lows, default=None),
        max_ms=max(highs, default=None),
        sketch=Sketch.merged(hour.sketch for hour in hours).to_bytes(),
        good=good,
        counted=counted,
    )


def _minutes(hours: Sequence[CheckWindow], start: int) -> tuple[bytes, bytes] | tuple[None, None]:
    joined = Minutes()
    for hour in hours:
        if hour.good is None or hour.counted is None:
            return None, None
        joined |= from_bytes(hour.good, hour.counted).later((hour.bucket_ms - start) // MINUTE_MS)
    return joined.to_bytes(DAY_MS // MINUTE_MS)


def days_of(hours: Iterable[CheckWindow]) -> Iterator[CheckWindow]:
    """All days; hours come in the order of monitor, location and time."""
    for _, found in groupby(hours, key=lambda hour: (hour.monitor, hour.location, hour.bucket_ms // DAY_MS)):
        yield day_of(list(found))


def make_days(connection: psycopg.Connection[Any]) -> None:
    """Fill the empty table of days from that of hours, in the caller's transaction."""
    with connection.cursor(row_factory=tuple_row, binary=True) as cursor:
        # A walk along the key: a DISTINCT would read the whole table.
        monitors = [
            row[0]
            for row in cursor.execute(
                "WITH RECURSIVE found AS ((SELECT monitor_id FROM check_rollup_1h ORDER BY monitor_id LIMIT 1)"
                " UNION ALL SELECT (SELECT monitor_id FROM check_rollup_1h h WHERE h.monitor_id > f.monitor_id"
                " ORDER BY monitor_id LIMIT 1) FROM found f WHERE f.monitor_id IS NOT NULL)"
                " SELECT monitor_id FROM found WHERE monitor_id IS NOT NULL"
            )
        ]
        for at in range(0, len(monitors), _MONITORS):
            rows = cursor.execute(
                f"SELECT {COLUMNS}, good, counted FROM check_rollup_1h WHERE monitor_id = ANY(%s)"  # noqa: S608 - constants
                " ORDER BY monitor_id, location, bucket",
                (monitors[at : at + _MONITORS],),
            ).fetchall()
            add_windows(connection, "check_rollup_1d", days_of(CheckWindow(*row) for row in rows))
