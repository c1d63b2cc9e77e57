"""The trend shard: the step watch over the monitors of one shard, and their daily scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.baseline import BUCKET_MS, HOUR_MS, HOURS, TRUSTED, WEEKS
from vedette.statistics.trends.decline import DAYS
from vedette.statistics.trends.watch import Change, StepWatch
from vedette.store.trends import ChangeRow, HourSums, StandingRow
from vedette.windows.trend_buckets import ALLOWANCE_MS, ClosedBucket, MonitorBucket
from vedette.windows.trend_changes import Changes, OpenSteps, change_id

DAY_MS = 24 * HOUR_MS
MONDAY = 96
"""Hours from the beginning of 1970, a Thursday, to its first Monday."""
_TOGETHER = 100
"""New monitors whose stored hours are asked for at a time."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What an account allows: false alarms a day over its `monitors`."""

    monitors: int
    allowed_a_day: float


class Knowledge(Protocol):
    """What the shard asks about monitors beyond their checks."""

    def budget(self, account: int) -> Budget:
        """How many monitors the account has, and its false alarms a day."""
        ...

    def exists(self, monitor: int) -> bool:
        """Whether the monitor was not removed."""
        ...

    def excluded(self, bucket_ms: int, monitors: Sequence[int]) -> set[int]:
        """Those of `monitors` whose bucket lies in an incident or in maintenance."""
        ...

    def history(self, monitors: Sequence[int], from_ms: int, to_ms: int) -> Sequence[HourSums]:
        """The hours of `monitors` from `from_ms` to before `to_ms`, without those of incidents and maintenance."""
        ...


@dataclass(frozen=True, slots=True)
class DailyScores:
    """The score of each of a shard's monitors on the `DAYS` days up to `day` (days since 1970; NaN: no checks).

    `since` is the first whole day after a monitor's latest step, or 0: what a step explains is no decline.
    """

    day: int
    shard: int = 0
    monitors: tuple[int, ...] = ()
    accounts: tuple[int, ...] = ()
    since: tuple[int, ...] = ()
    scores: npt.NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, DAYS), np.float32))


@dataclass(slots=True)
class _Row:
    """What is known of the monitor of one row, beside its statistics."""

    number: int
    account: int
    target_ms: int
    stepped_day: int = 0


class TrendShard:
    """The monitors of one shard. All follows from closed buckets in order, and from what `Knowledge` says meanwhile."""

    def __init__(self) -> None:
        self._watch = StepWatch(1, 1.0)
        self._rows: dict[int, _Row] = {}
        self._free: list[int] = []
        self._steps = OpenSteps()
        self._days = np.zeros((0, DAYS, 3), np.float32)
        self._day = -1

    def take(self, closed: ClosedBucket, known: Knowledge) -> tuple[Changes, list[DailyScores]]:
        """Judge one bucket: the changes found, and the daily scores if it is the first of a day."""
        found, bucket = Changes(), closed.bucket_ms
        daily = self._turn_day(bucket // DAY_MS)
        if bucket % HOUR_MS == 0:
            self._remove([monitor for monitor in self._rows if not known.exists(monitor)])
        some = [one for one in closed.monitors if known.exists(one.monitor)]
        self._welcome(some, bucket, known, found)
        if bucket % HOUR_MS == 0:
            self._set_budgets(known, list(self._rows.values()))
        left_out = known.excluded(bucket, [one.monitor for one in some]) if some else set()
        some = [one for one in some if one.monitor not in left_out]
        numbers = np.array([self._rows[one.monitor].number for one in some], np.int64)
        counts = np.array([one.counts for one in some], np.float64).reshape(-1, 3)
        self._days[numbers, self._day % DAYS] += counts
        by_number = {int(number): one for number, one in zip(numbers, some, strict=True)}
        for change in self._watch.take(bucket, numbers, counts):
            self._found(change, by_number[change.row], found)
        self._steps.settle(bucket + BUCKET_MS + ALLOWANCE_MS, found)
        return found, daily

    def _found(self, change: Change, one: MonitorBucket, into: Changes) -> None:
        found_ms = change.bucket_ms + BUCKET_MS + ALLOWANCE_MS
        row = ChangeRow(
            id=change_id(one.monitor, "step", found_ms),
            account=one.account,
            monitor=one.monitor,
            kind="step",
            direction="down" if change.down else "up",
            start_ms=change.start_ms,
            found_ms=found_ms,
            size=change.size,
            expected=change.expected,
            statistic=change.statistic,
            threshold=change.threshold,
            learning=change.learning,
        )
        if not change.learning:
            self._rows[one.monitor].stepped_day = change.start_ms // DAY_MS
        self._steps.find(row, into)

    def _welcome(self, buckets: Sequence[MonitorBucket], bucket_ms: int, known: Knowledge, into: Changes) -> None:
        """Give new monitors rows that begin from their stored hours; those whose target changed begin anew, empty."""
        new: list[MonitorBucket] = []
        for one in buckets:
            row = self._rows.get(one.monitor)
            if row is None:
                new.append(one)
            elif row.target_ms != one.target_ms:
                row.target_ms, row.stepped_day = one.target_ms, 0
                self._watch.forget(row.number)
                self._days[row.number] = 0
                self._steps.begin_anew(one.monitor, bucket_ms, into)
        if not new:
            return
        for one in new:
            number = self._free.pop() if self._free else len(self._rows)  # rows are dense while none is free
            self._rows[one.monitor] = _Row(number, one.account, one.target_ms)
        self._grow()
        self._set_budgets(known, [self._rows[one.monitor] for one in new])
        hour = bucket_ms - bucket_ms % HOUR_MS
        for first in range(0, len(new), _TOGETHER):
            some = [one.monitor for one in new[first : first + _TOGETHER]]
            self._seed(known.history(some, hour - WEEKS * HOURS * HOUR_MS, hour))

    def _seed(self, stored: Sequence[HourSums]) -> None:
        """Let new rows begin from hours that are stored, of the target that they have now."""
        by_hour: dict[int, list[HourSums]] = {}
        for sums in stored:
            if sums.target_ms == self._rows[sums.monitor].target_ms:
                by_hour.setdefault(sums.hour_ms, []).append(sums)
        for hour_ms in sorted(by_hour):
            numbers = np.array([self._rows[sums.monitor].number for sums in by_hour[hour_ms]])
            counts = np.array([sums.counts for sums in by_hour[hour_ms]], np.float64)
            self._watch.baseline.learn(hour_ms, numbers, counts, buckets=HOUR_MS // BUCKET_MS)
            day = hour_ms // DAY_MS
            if self._day - DAYS < day <= self._day:
                self._days[numbers, day % DAYS] += counts

    def _grow(self) -> None:
        rows = len(self._rows) + len(self._free)
        more = rows - len(self._days)
        if more > 0:
            self._watch.grow(rows)
            self._days = np.concatenate([self._days, np.zeros((more, DAYS, 3), np.float32)])

    def _remove(self, monitors: Sequence[int]) -> None:
        for monitor in monitors:
            number = self._rows.pop(monitor).number
            self._watch.forget(number)
            self._days[number] = 0
            self._free.append(number)
            self._steps.drop(monitor)

    def _set_budgets(self, known: Knowledge, rows: Sequence[_Row]) -> None:
        by_account: dict[int, list[int]] = {}
        for row in rows:
            by_account.setdefault(row.account, []).append(row.number)
        for account, numbers in by_account.items():
            budget = known.budget(account)
            self._watch.budget(np.array(numbers), budget.monitors, budget.allowed_a_day)

    def _turn_day(self, day: int) -> list[DailyScores]:
        """At the first bucket of a day: the scores up to the day before, and room for the new day."""
        if day == self._day:
            return []
        before, self._day = self._day, day
        if before < 0:
            return []
        scores = self._scores(before)
        for gone in range(max(before + 1, day - DAYS + 1), day + 1):
            self._days[:, gone % DAYS] = 0
        return [scores]

    def _scores(self, day: int) -> DailyScores:
        monitors = sorted(self._rows)
        rows = [self._rows[monitor] for monitor in monitors]
        order = np.arange(day - DAYS + 1, day + 1) % DAYS
        counts = self._days[np.array([row.number for row in rows], np.int64)][:, order]
        checks = counts.sum(2)
        scores = np.where(checks > 0, (counts[:, :, 0] + counts[:, :, 1] / 2) / np.maximum(checks, 1), np.nan)
        since = tuple(row.stepped_day + 1 if row.stepped_day else 0 for row in rows)
        accounts = tuple(row.account for row in rows)
        return DailyScores(day, 0, tuple(monitors), accounts, since, scores.astype(np.float32))

    def standings(self, judged: Sequence[ClosedBucket]) -> list[StandingRow]:
        """How the monitors of the buckets that were judged last stand now."""
        newest = {one.monitor: closed.bucket_ms for closed in judged for one in closed.monitors}
        some = [monitor for monitor in newest if monitor in self._rows]
        if not some:
            return []
        numbers = np.array([self._rows[monitor].number for monitor in some])
        standing = self._watch.standing(numbers)
        profiles = np.roll(self._watch.baseline.profile(numbers), -MONDAY, axis=1)
        expected, checks = self._watch.expected(numbers)
        pooled, learned = self._watch.baseline.pooled[numbers], self._watch.baseline.learned[numbers]
        return [
            StandingRow(
                monitor=monitor,
                at_ms=newest[monitor] + BUCKET_MS,
                learned=int(learned[i]),
                needed=TRUSTED,
                down=float(standing[i, 0]),
                up=float(standing[i, 1]),
                expected=float(expected[i]),
                checks=float(checks[i]),
                pooled=(float(pooled[i, 0]), float(pooled[i, 1]), float(pooled[i, 2])),
                profile=[round(float(value), 5) for value in profiles[i]],
            )
            for i, monitor in enumerate(some)
        ]
