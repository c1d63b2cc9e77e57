"""Stale digests: those whose days are written again are forgotten (see `check_digests.py`)."""

from __future__ import annotations

import time
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING

from vedette.store.pool import Connection

if TYPE_CHECKING:
    from vedette.store.checks import CheckWindow

DAY_MS = 86_400_000
BLOCK_DAYS = 32
LOCK = 7_291_540_015
"""Taken alone by whoever makes digests, and together by those who write old days: none is made of rows that change."""
CHANGING_MS = DAY_MS
"""Days that ended longer ago may be in digests; these are made a day later, so clocks may differ by that."""


def forget(connection: Connection, monitors: Collection[int], from_ms: int, to_ms: int) -> None:
    """Of these monitors, days from `from_ms` to `to_ms` are about to be written in the caller's transaction.

    Until it ends, no digest is made of what was there before.
    """
    connection.execute("SELECT pg_advisory_xact_lock_shared(%s)", (LOCK,))
    connection.execute(
        "DELETE FROM check_digests WHERE monitor_id = ANY(%s) AND block BETWEEN %s AND %s",
        (list(monitors), from_ms // DAY_MS // BLOCK_DAYS, (to_ms - 1) // DAY_MS // BLOCK_DAYS),
    )


def forget_days(connection: Connection, days: Sequence[CheckWindow], now_ms: int | None = None) -> None:
    """The same for those of some days that may be in a digest already; in life nearly always none."""
    changing = (int(time.time() * 1000) if now_ms is None else now_ms) - CHANGING_MS
    old = [day for day in days if day.bucket_ms + DAY_MS <= changing]
    if old:
        starts = [day.bucket_ms for day in old]
        forget(connection, {day.monitor for day in old}, min(starts), max(starts) + DAY_MS)
