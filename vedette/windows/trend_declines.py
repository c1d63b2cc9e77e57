"""Trend declines: the daily scores of all monitors of an account judged together, once a day."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.multiplicity import discoveries
from vedette.statistics.trends.decline import DAYS, PRACTICAL, Direction, direction
from vedette.store.trends import ChangeRow
from vedette.windows.trend_changes import Changes, change_id, ended, signal_of
from vedette.windows.trend_shard import DAY_MS, DailyScores

RATE = 0.05
"""The share of false ones among the declines of an account that are shown."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """One monitor's direction, the first day it rests on (days since 1970), and its usual score."""

    monitor: int
    direction: Direction
    first_day: int
    middle: float


class DeclineBook:
    """The declines of all accounts. A day is judged when all shards have told their scores of it."""

    def __init__(self, shards: int) -> None:
        self._shards = shards
        self._told: dict[int, int] = {}
        self._waiting: dict[int, list[DailyScores]] = {}
        self._open: dict[int, ChangeRow] = {}

    def take(self, told: DailyScores) -> Changes:
        """Take one shard's scores of a day; the declines that begin, go on and end if it was the last to tell them.

        A shard that tells a later day has none of the days before.
        """
        found = Changes()
        if told.day <= self._told.get(told.shard, -1):
            return found
        self._told[told.shard] = told.day
        self._waiting.setdefault(told.day, []).append(told)
        if len(self._told) == self._shards:
            for day in sorted(day for day in self._waiting if day <= min(self._told.values())):
                self._judge(day, self._waiting.pop(day), found)
        return found

    def _judge(self, day: int, shards: Sequence[DailyScores], into: Changes) -> None:
        by_account: dict[int, list[_Judged]] = {}
        for told in shards:
            for place, monitor in enumerate(told.monitors):
                judged = judge(monitor, told.scores[place], day, told.since[place])
                if judged is not None:
                    by_account.setdefault(told.accounts[place], []).append(judged)
        going_on: set[int] = set()
        for account in sorted(by_account):
            self._judge_account(account, by_account[account], day, going_on, into)
        # After midnight, and never at a bucket's end: a step's signal of the same time would be taken for the same.
        at_ms = (day + 1) * DAY_MS + 1
        for monitor in [monitor for monitor in self._open if monitor not in going_on]:
            row = self._open.pop(monitor)
            into.rows.append(ended(row, at_ms, "ended"))
            into.signals.append(signal_of(row, at_ms, "over"))

    def _judge_account(
        self, account: int, judged: Sequence[_Judged], day: int, going_on: set[int], into: Changes
    ) -> None:
        believed = discoveries([one.direction.p for one in judged], RATE)
        least = min((abs(one.direction.z) for one, yes in zip(judged, believed, strict=True) if yes), default=math.inf)
        at_ms = (day + 1) * DAY_MS + 1
        for one, yes in zip(judged, believed, strict=True):
            before = self._open.get(one.monitor)
            found = one.direction
            # One that is known goes on while it is seen at all, so that it does not come and go with its neighbours.
            if found.change > -PRACTICAL or not (yes or (before is not None and found.p < RATE)):
                continue
            going_on.add(one.monitor)
            found_ms = at_ms if before is None else before.found_ms
            row = ChangeRow(
                id=change_id(one.monitor, "decline", found_ms),
                account=account,
                monitor=one.monitor,
                kind="decline",
                direction="down",
                start_ms=one.first_day * DAY_MS if before is None else before.start_ms,
                found_ms=found_ms,
                size=found.change,
                expected=one.middle,
                statistic=abs(found.z),
                threshold=least if yes or before is None else before.threshold,
                learning=False,
            )
            self._open[one.monitor] = row
            into.rows.append(row)
            if before is None:
                into.signals.append(signal_of(row, at_ms, "down"))


def judge(monitor: int, scores: npt.NDArray[np.float32], day: int, since: int) -> _Judged | None:
    """The direction of one monitor's scores of the days up to `day`, those before `since` left out; None: too few."""
    first = max(day - DAYS + 1, since)
    used = scores[len(scores) - (day + 1 - first) :] if first <= day else scores[:0]
    found = direction(used)
    return None if found is None else _Judged(monitor, found, first, float(np.nanmedian(used)))
