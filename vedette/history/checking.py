"""Checking: the archived results of monitors into their minute and hour windows."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.events.checks import CheckRecord
from vedette.store.checks import CheckWindow
from vedette.windows.endpoint import EndpointShard

_NEVER_LATE_MS = 1 << 50


def fold_checks(results: Iterable[CheckRecord]) -> tuple[list[CheckWindow], list[CheckWindow]]:
    """Minutes and hours, each in the order of time and location; results come in the order of the log.

    It is the fold of the endpoints' flow, with a lateness that nothing exceeds.
    """
    shard = EndpointShard(_NEVER_LATE_MS)
    for result in results:
        shard.fold(result)
    flushed = shard.flush()
    if flushed is None:
        return [], []
    batch, _ = flushed
    return _in_order(batch.minutes), _in_order(batch.hours)


def _in_order(windows: Iterable[CheckWindow]) -> list[CheckWindow]:
    return sorted(windows, key=lambda window: (window.monitor, window.bucket_ms, window.location))
