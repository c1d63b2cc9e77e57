"""Settled: which ranges may be rebuilt, since nothing of them is still on its way into rows or into the archive."""

from __future__ import annotations

from datetime import UTC, datetime

from vedette.errors import Conflict, InvalidInput
from vedette.log import Log
from vedette.store import archive as manifest
from vedette.store.pool import Store

SETTLE_MS = 3_600_000
"""Windows that ended less than so long ago may still be written by the running flow."""
AHEAD_MS = 300_000
"""Senders' clocks may be ahead of the log's by so much."""


def shown(time_ms: int) -> str:
    """As messages show a time."""
    return datetime.fromtimestamp(time_ms / 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def check_age(to_ms: int, now_ms: int) -> None:
    """Raise `InvalidInput` if the range's last windows ended too short a time ago."""
    latest = now_ms - SETTLE_MS
    if to_ms > latest:
        hour = latest - latest % 3_600_000
        raise InvalidInput("--to", shown(to_ms), f"a time up to {shown(hour)}: later windows are still being written")


def check_archived(log: Log, store: Store, topic: str, to_ms: int) -> None:
    """Raise `Conflict` if the archive lacks something that the log took before the end of the range."""
    for partition, bounds in enumerate(log.bounds(topic)):
        begin = manifest.position(store, topic, partition).next_offset
        if begin >= bounds.end:
            continue
        waiting = log.read(topic, partition, max(begin, bounds.start), 1)
        if waiting and waiting[0].time_ms < to_ms + AHEAD_MS:
            raise Conflict(
                f"partition {partition} of {topic} is archived only up to {shown(waiting[0].time_ms)}, so the archive"
                f" does not hold all before --to {shown(to_ms)} yet: is `vedette flow archive` running? Try again once"
                " it has caught up, or give an earlier --to"
            )
