"""Quiet times: the maintenance windows of one monitor, left out of what is counted over a range."""

from __future__ import annotations

from collections.abc import Sequence

from vedette.maintenance import windows_in
from vedette.store.checks import CheckWindow
from vedette.store.maintenance import windows_of
from vedette.store.pool import Store
from vedette.windows.maintenance import Window, held_until, in_maintenance

MINUTE_MS, HOUR_MS = 60_000, 3_600_000


def quiet_times(store: Store, account: int, monitor: int) -> tuple[Window, ...]:
    """The windows that are about the monitor, those about all included."""
    rows = [row for row in windows_of(store, account) if not row["monitors"] or monitor in row["monitors"]]
    return tuple(window for row in rows for window in windows_in(row))


def active_windows(store: Store, account: int, at_ms: int) -> list[frozenset[int]]:
    """The monitors that each window is about (none: all), of those windows that hold at `at_ms` (ms UTC)."""
    rows = windows_of(store, account)
    return [frozenset(row["monitors"]) for row in rows if in_maintenance(windows_in(row), at_ms)]


def leave_out(windows: Sequence[CheckWindow], quiet: tuple[Window, ...], *, hours: bool) -> list[CheckWindow]:
    """The minutes that did not begin in a quiet time; of hours, those that were not quiet as a whole."""
    width = HOUR_MS if hours else MINUTE_MS
    starts = {window.bucket_ms for window in windows}
    silent = {start for start in starts if _all_quiet(quiet, start, start + width if hours else start + 1)}
    return [window for window in windows if window.bucket_ms not in silent]


def _all_quiet(quiet: tuple[Window, ...], from_ms: int, to_ms: int) -> bool:
    at: int | None = from_ms
    while at is not None and at < to_ms:
        at = held_until(quiet, at)
    return at is not None
