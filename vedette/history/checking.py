"""Checking: the archived results of monitors into their windows of minutes, hours and days."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.events.checks import CheckRecord
from vedette.store.checks import CheckWindow
from vedette.windows.endpoint import EndpointShard

_NEVER_LATE_MS = 1 << 50


def fold_checks(results: Iterable[CheckRecord]) -> dict[str, list[CheckWindow]]:
    """Windows by tier (`1m`, `1h`, `1d`), each in the order of time and location; results come in the order of the log.

    It is the fold of the endpoints' flow, with a lateness that nothing exceeds.
    """
    shard = EndpointShard(_NEVER_LATE_MS)
    for result in results:
        shard.fold(result)
    flushed = shard.flush()
    if flushed is None:
        return {"1m": [], "1h": [], "1d": []}
    batch, _ = flushed
    return {"1m": _in_order(batch.minutes), "1h": _in_order(batch.hours), "1d": _in_order(batch.days)}


def _in_order(windows: Iterable[CheckWindow]) -> list[CheckWindow]:
    return sorted(windows, key=lambda window: (window.monitor, window.bucket_ms, window.location))
