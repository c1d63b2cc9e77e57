"""Quiet times: the maintenance windows of one monitor, left out of what is counted over a range."""

from __future__ import annotations

import numpy as np

from vedette.maintenance import windows_in
from vedette.store.check_columns import CheckColumns
from vedette.store.maintenance import windows_of
from vedette.store.pool import Store
from vedette.windows.maintenance import Window, held_until, in_maintenance

MINUTE_MS = 60_000


def quiet_times(store: Store, account: int, monitor: int) -> tuple[Window, ...]:
    """The windows that are about the monitor, those about all included."""
    rows = [row for row in windows_of(store, account) if not row["monitors"] or monitor in row["monitors"]]
    return tuple(window for row in rows for window in windows_in(row))


def active_windows(store: Store, account: int, at_ms: int) -> list[frozenset[int]]:
    """The monitors that each window is about (none: all), of those windows that hold at `at_ms` (ms UTC)."""
    rows = windows_of(store, account)
    return [frozenset(row["monitors"]) for row in rows if in_maintenance(windows_in(row), at_ms)]


def leave_out(columns: CheckColumns, quiet: tuple[Window, ...]) -> CheckColumns:
    """The windows without those that were quiet as a whole: of minutes, those that began in a quiet time."""
    width = columns.width_ms if columns.width_ms > MINUTE_MS else 1
    silent = [start for start in set(columns.bucket_ms.tolist()) if _all_quiet(quiet, start, start + width)]
    return columns.select(~np.isin(columns.bucket_ms, silent))


def _all_quiet(quiet: tuple[Window, ...], from_ms: int, to_ms: int) -> bool:
    at: int | None = from_ms
    while at is not None and at < to_ms:
        at = held_until(quiet, at)
    return at is not None
