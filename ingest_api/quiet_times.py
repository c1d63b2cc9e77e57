"""Quiet times: the maintenance windows of one monitor, left out of what is counted over a range."""

from __future__ import annotations

import numpy as np

from vedette.maintenance import windows_in
from vedette.store.check_columns import CheckColumns
from vedette.store.maintenance import windows_of
from vedette.store.pool import Store
from vedette.windows.maintenance import Window, in_maintenance

MINUTE_MS = 60_000


def quiet_times(store: Store, account: int, monitor: int) -> tuple[Window, ...]:
    """The windows that are about the monitor, those about all included."""
    rows = [row for row in windows_of(store, account) if not row["monitors"] or monitor in row["monitors"]]
    return tuple(window for row in rows for window in windows_in(row))


def leave_out(columns: CheckColumns, quiet: tuple[Window, ...]) -> CheckColumns:
    """The windows without those that were quiet as a whole: of minutes, those that began in a quiet time."""
    starts = set(columns.bucket_ms.tolist())
    silent = [
        start
        for start in starts
        if all(in_maintenance(quiet, minute) for minute in range(start, start + columns.width_ms, MINUTE_MS))
    ]
    return columns.select(~np.isin(columns.bucket_ms, silent))
