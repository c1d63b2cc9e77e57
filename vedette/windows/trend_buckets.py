"""Trend buckets: check results of one shard into S, Tol and F of five minutes of each monitor, all locations together.

Time is that of the log: a bucket is closed once every partition has been heard past its end and an allowance, and what
the log took later is not counted. So a bucket's counts follow from the log alone, in whatever order its partitions are
read, and a replay closes the same buckets.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.events.checks import COUNTED, HEARTBEAT, CheckRecord
from vedette.statistics.apdex import zone
from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS

ALLOWANCE_MS = 120_000
"""How long after a bucket's end its last results may reach the log: a time-out, and the way there."""
_AHEAD_MS = 600_000
"""Slots farther ahead of the log's clock than this are a broken clock's."""
Counts = tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class MonitorBucket:
    """One monitor's checks of one bucket: S, Tol, F, and the target T (ms) they were judged by."""

    monitor: int
    account: int
    target_ms: int
    counts: Counts


@dataclass(frozen=True, slots=True)
class ClosedBucket:
    """All monitors' checks of the bucket that begins at `bucket_ms`, by monitor; monitors without a check lack."""

    bucket_ms: int
    monitors: tuple[MonitorBucket, ...]


@dataclass(slots=True)
class _Tally:
    account: int
    target_ms: int = 0
    zones: list[int] = field(default_factory=lambda: [0, 0, 0])
    seen: dict[str, int] = field(default_factory=dict)
    """By location a bit for each second of the bucket: no location has two slots in one second."""


class BucketShard:
    """The open buckets of one shard. `late` and `duplicates` count what was left out since somebody set them to 0."""

    def __init__(self, partitions: int, allowance_ms: int = ALLOWANCE_MS) -> None:
        self._allowance_ms = allowance_ms
        self._heard = [0] * partitions
        self._open: dict[int, dict[int, _Tally]] = {}
        self._next_ms = 0
        self.late = self.duplicates = 0

    def resume(self, partitions: int) -> None:
        """Go on, perhaps with more partitions than before."""
        self._heard += [0] * (partitions - len(self._heard))

    def add(self, partition: int, logged_ms: int, result: CheckRecord) -> None:
        """Take in what `partition` held, which the log took at `logged_ms`; first attempts that counted are counted.

        Pings of jobs have no Apdex that could move.
        """
        self.heard(partition, logged_ms)
        if result.attempt != 1 or result.outcome not in COUNTED or result.location == HEARTBEAT:
            return
        bucket = result.scheduled_ms - result.scheduled_ms % BUCKET_MS
        closes_ms = bucket + BUCKET_MS + self._allowance_ms
        if logged_ms >= closes_ms or bucket < self._next_ms or result.scheduled_ms > logged_ms + _AHEAD_MS:
            self.late += 1
            return
        tally = self._open.setdefault(bucket, {}).setdefault(result.monitor, _Tally(result.account))
        second = 1 << (result.scheduled_ms - bucket) // 1000
        seen = tally.seen.get(result.location, 0)
        if seen & second:
            self.duplicates += 1
            return
        tally.seen[result.location] = seen | second
        tally.zones[zone(result.total_ms, result.apdex_t_ms, result.outcome == "down")] += 1
        # A target that is changed may reach the locations at different times: the highest number is no worse than any.
        tally.target_ms = max(tally.target_ms, result.apdex_t_ms)

    def heard(self, partition: int, until_ms: int) -> None:
        """All that the log took into `partition` before `until_ms` has been read."""
        self._heard[partition] = max(self._heard[partition], until_ms)

    def close(self) -> list[ClosedBucket]:
        """The buckets that are complete now, in order of time. One without checks comes only at a full hour."""
        closed_ms = min(self._heard) - self._allowance_ms
        closed_ms -= closed_ms % BUCKET_MS
        if min(self._heard) == 0 or closed_ms <= self._next_ms:
            return []
        if self._next_ms == 0:
            self._next_ms = min([*self._open, closed_ms])
        hours = range(self._next_ms - self._next_ms % -HOUR_MS, closed_ms, HOUR_MS)
        due = sorted({bucket for bucket in self._open if bucket < closed_ms}.union(hours))
        self._next_ms = max(closed_ms, self._next_ms)
        return [ClosedBucket(bucket, self._taken(bucket)) for bucket in due]

    def _taken(self, bucket: int) -> tuple[MonitorBucket, ...]:
        tallies = self._open.pop(bucket, {})
        return tuple(
            MonitorBucket(monitor, tally.account, tally.target_ms, (tally.zones[0], tally.zones[1], tally.zones[2]))
            for monitor, tally in sorted(tallies.items())
        )
