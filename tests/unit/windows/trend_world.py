"""What the trend tests share: knowledge that a test sets, and buckets by the day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS
from vedette.store.trends import ChangeRow, HourSums
from vedette.windows.trend_buckets import ClosedBucket, MonitorBucket
from vedette.windows.trend_changes import Changes
from vedette.windows.trend_shard import DAY_MS, Budget, DailyScores, TrendShard

T0 = 20_000 * DAY_MS
GOOD, BAD = (0.91, 0.08, 0.01), (0.85, 0.12, 0.03)
WEEKS_OF_HOURS = 28 * 24


@dataclass
class World:
    """Knowledge for a `TrendShard`; every monitor exists, and has stored hours if `stored` says so."""

    allowed: float = 0.2
    monitors: int = 10
    stored: bool = True
    removed: set[int] = field(default_factory=set)
    out: set[tuple[int, int]] = field(default_factory=set)
    asked: int = 0

    def budget(self, account: int) -> Budget:
        return Budget(self.monitors, self.allowed)

    def exists(self, monitor: int) -> bool:
        return monitor not in self.removed

    def excluded(self, bucket_ms: int, monitors: Sequence[int]) -> set[int]:
        return {monitor for monitor in monitors if (monitor, bucket_ms) in self.out}

    def history(self, monitors: Sequence[int], from_ms: int, to_ms: int) -> Sequence[HourSums]:
        self.asked += 1
        if not self.stored:
            return []
        return [
            HourSums(monitor, hour, 500, (164, 14, 2))
            for hour in range(from_ms, to_ms, HOUR_MS)
            for monitor in monitors
        ]


class Fleet:
    """Buckets of several monitors, seeded; `shares` are those of each monitor from now on."""

    def __init__(self, monitors: Sequence[int], seed: int = 1, checks: int = 15) -> None:
        self.monitors, self.checks = list(monitors), checks
        self.shares = dict.fromkeys(monitors, GOOD)
        self.target_ms = 500
        self.next_ms = T0
        self._random = np.random.default_rng(seed)

    def bucket(self) -> ClosedBucket:
        found = []
        for monitor in self.monitors:
            counts = self._random.multinomial(self.checks, self.shares[monitor])
            found.append(MonitorBucket(monitor, 1, self.target_ms, tuple(int(n) for n in counts)))  # type: ignore[arg-type]
        at, self.next_ms = self.next_ms, self.next_ms + BUCKET_MS
        return ClosedBucket(at, tuple(found))

    def buckets(self, count: int) -> list[ClosedBucket]:
        return [self.bucket() for _ in range(count)]


def take(shard: TrendShard, buckets: Sequence[ClosedBucket], world: World) -> tuple[Changes, list[DailyScores]]:
    """All that came of several buckets."""
    found, daily = Changes(), list[DailyScores]()
    for closed in buckets:
        changes, scores = shard.take(closed, world)
        found.rows += changes.rows
        found.signals += changes.signals
        daily += scores
    return found, daily


def states(changes: Changes) -> list[tuple[int, str, str, str | None]]:
    return [(row.monitor, row.direction, row.state, row.reason) for row in changes.rows]


def newest(changes: Changes) -> dict[int, ChangeRow]:
    """As the table would hold them."""
    return {row.id: row for row in changes.rows}
