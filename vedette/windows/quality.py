"""Quality windows: predictions kept by id until their outcomes come, and tallied in the window of the prediction."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vedette.events.features import FeatureBatch
from vedette.events.outcomes import LONGEST_ID, is_outcomes
from vedette.events.signals import Signal
from vedette.windows.dedup import Seen
from vedette.windows.drift_times import LATENESS_MS, SETTLE_MS
from vedette.windows.quality_config import FindQuality, QualityConfig, is_positive, number, predicted, values_of
from vedette.windows.quality_tally import Interval, QualityTally

MOST_WAITING = 200_000
"""Predictions of a model that wait for outcomes, and as many outcomes for predictions; the first to come go first."""
RECENT = 10
"""Windows that a signal tells of."""


@dataclass(frozen=True, slots=True)
class QualityWindow:
    """What a window came to, so far as outcomes have come."""

    account: int
    model: int
    version: str
    start_ms: int
    window_s: int
    rows: int
    labelled: int
    skipped: int
    metrics: dict[str, float]
    intervals: dict[str, Interval]
    estimated: dict[str, float]
    auc_within: float


@dataclass(slots=True)
class Told:
    """What there is to say."""

    windows: list[QualityWindow] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class _Version:
    newest_ms: int = -1
    said_ms: int = -1
    waiting: dict[str, tuple[int, float, bool]] = field(default_factory=dict)
    windows: dict[int, QualityTally] = field(default_factory=dict)
    recent: dict[str, dict[int, tuple[float, int]]] = field(default_factory=dict)


@dataclass(slots=True)
class _Model:
    account: int
    config: QualityConfig
    partition: int = 0
    newest_ms: int = -1
    heard_ms: int = -1
    early: dict[str, tuple[int, Any, tuple[str, ...]]] = field(default_factory=dict)
    versions: dict[str, _Version] = field(default_factory=dict)


class QualityShard:
    """The state of some models. Pickled as a snapshot.

    An id stands for one row of each version: of several the first counts, and so it is with outcomes. These are joined
    to all versions: the truth is the same for each.
    """

    def __init__(self) -> None:
        self._seen: dict[tuple[int, bool], Seen] = {}
        self._models: dict[int, _Model] = {}
        self.duplicates = self.dropped = 0
        """Reports of outcomes that came twice; predictions and outcomes without the other; since last asked."""

    def add(self, batch: FeatureBatch, find: FindQuality, partition: int = 0, taken_ms: int = 0) -> None:
        """Take the rows of a batch, or outcomes, that a partition of the log held and took at `taken_ms` (ms UTC)."""
        subject = find(batch.model)
        if subject is None:
            return
        outcomes = is_outcomes(batch)
        if not self._seen.setdefault((batch.model, outcomes), Seen()).is_new(batch.epoch, batch.seq):
            self.duplicates += outcomes  # windows of drift count the others
            return
        found = self._models.get(batch.model)
        if found is None or found.config != subject.config:
            found = self._models[batch.model] = _Model(batch.account, subject.config)
        found.partition = partition
        times = np.frombuffer(batch.ts, "<i8").tolist()
        if not times:
            return
        found.heard_ms = max(found.heard_ms, taken_ms)
        if outcomes:
            self._outcomes(found, batch, times)
        else:
            self._predictions(found, batch, times)
        self._give_up(found)

    def _predictions(self, found: _Model, batch: FeatureBatch, times: list[int]) -> None:
        column = next((one for one in batch.columns if one.name == found.config.prediction), None)
        if column is None:
            return
        version = found.versions.setdefault(batch.version, _Version())
        window_ms = found.config.window_s * 1000
        newest = max(times)
        found.newest_ms, version.newest_ms = max(found.newest_ms, newest), max(version.newest_ms, newest)
        oldest = found.newest_ms - found.config.wait_ms
        ids = batch.ids or [None] * len(times)
        for name, at, value in zip(ids, times, values_of(column), strict=True):
            if at < oldest:
                self.dropped += 1
                continue
            said = predicted(found.config, value)
            if said is None:
                continue
            tally = version.windows.setdefault(at // window_ms * window_ms, QualityTally())
            score, alarm = said
            tally.predict(score if found.config.task == "classification" else math.nan, alarm)
            if name is None or not 1 <= len(name) <= LONGEST_ID:
                continue
            early = found.early.get(name)
            if early is not None:
                if batch.version not in early[2]:
                    _join(found.config, tally, score, alarm, early[1])
                    found.early[name] = (early[0], early[1], (*early[2], batch.version))
            elif name not in version.waiting:
                version.waiting[name] = (at, score, alarm)

    def _outcomes(self, found: _Model, batch: FeatureBatch, times: list[int]) -> None:
        window_ms = found.config.window_s * 1000
        for name, at, actual in zip(batch.ids or [], times, values_of(batch.columns[0]), strict=True):
            if name is None or name in found.early:
                continue
            joined: tuple[str, ...] = ()
            for label, version in found.versions.items():
                waiting = version.waiting.pop(name, None)
                if waiting is not None:
                    tally = version.windows.get(waiting[0] // window_ms * window_ms)
                    if tally is not None:
                        _join(found.config, tally, waiting[1], waiting[2], actual)
                        joined = (*joined, label)
            found.early[name] = (at, actual, joined)  # kept: another version may yet send its prediction

    def _give_up(self, found: _Model) -> None:
        oldest = found.newest_ms - found.config.wait_ms
        self.dropped += _shed(found.early, oldest)
        for version in found.versions.values():
            self.dropped += _shed(version.waiting, oldest)
        while sum(len(version.waiting) for version in found.versions.values()) > MOST_WAITING:
            fullest = max(found.versions.values(), key=lambda version: len(version.waiting))
            del fullest.waiting[next(iter(fullest.waiting))]
            self.dropped += 1

    def close(self, find: FindQuality, quiet: Mapping[int, int] = {}) -> Told:
        """Windows that are over and have changed. `quiet`: of partitions read to their end, the wall clock then."""
        told = Told()
        for model, found in list(self._models.items()):
            subject, now_ms = find(model), quiet.get(found.partition)
            if subject is None:
                if now_ms is not None:
                    self._forget(model, found, now_ms, told)
                continue
            if subject.config != found.config:
                continue  # begun anew with the next rows
            for name, version in found.versions.items():
                _tell(model, name, found, version, subject.name, now_ms, told)
        return told

    def _forget(self, model: int, found: _Model, now_ms: int, told: Told) -> None:
        del self._models[model]
        for outcomes in (False, True):
            self._seen.pop((model, outcomes), None)
        for name, version in found.versions.items():
            at = max(version.said_ms + 1, now_ms)
            for metric in version.recent:
                told.signals.append(
                    Signal("quality", found.account, subject_of_quality(model, name, metric), at, "over")
                )


def subject_of_quality(model: int, version: str, metric: str) -> str:
    """The subject of signals about a metric of a model's version."""
    return f"quality:{model}@{version}/{metric}" if version else f"quality:{model}/{metric}"


def _join(config: QualityConfig, tally: QualityTally, score: float, alarm: bool, actual: Any) -> None:
    if config.task == "classification":
        tally.classified(score, alarm, is_positive(actual, config.positive))
    else:
        tally.measured(score, number(actual))


def _shed(held: dict[str, Any], oldest: int) -> int:
    """Drop from the front what is too old, or too many; returns how many."""
    count = 0
    while held:
        first = next(iter(held))
        if held[first][0] >= oldest and len(held) <= MOST_WAITING:
            break
        gone = held.pop(first)
        count += not (len(gone) > 2 and isinstance(gone[2], tuple) and gone[2])  # a joined outcome is no loss
    return count


def _tell(model: int, name: str, found: _Model, version: _Version, called: str, now_ms: int | None, told: Told) -> None:
    window_ms, task = found.config.window_s * 1000, found.config.task
    heard = False
    for start in sorted(version.windows):
        tally, end = version.windows[start], start + window_ms
        over = end + LATENESS_MS <= version.newest_ms or (now_ms is not None and end + SETTLE_MS <= now_ms)
        if over and tally.changed:
            tally.changed, heard = False, True
            values = tally.classification() if task == "classification" else tally.regression()
            guess = tally.estimated(found.config.threshold) if task == "classification" else {}
            told.windows.append(
                QualityWindow(
                    found.account,
                    model,
                    name,
                    start,
                    found.config.window_s,
                    tally.rows,
                    tally.labelled,
                    tally.skipped,
                    values,
                    tally.intervals(values),
                    guess,
                    tally.auc_within(),
                )
            )
            _remember(version, start, tally, values, guess)
        if over and end < found.newest_ms - found.config.wait_ms:
            del version.windows[start]
    if heard:
        # By the clock of the log: after a crash, what is said of more than before is newer than all that was said.
        version.said_ms = max(version.said_ms + 1, found.heard_ms, now_ms or 0)
        for metric, starts in version.recent.items():
            told.signals.append(_signal(model, name, found, version.said_ms, metric, starts, called))


def _remember(
    version: _Version, start: int, tally: QualityTally, values: dict[str, float], guess: dict[str, float]
) -> None:
    known = [(metric, value, tally.labelled) for metric, value in values.items()]
    known += [(f"estimated_{metric}", value, tally.rows) for metric, value in guess.items()]
    for metric, value, rows in known:
        if math.isfinite(value):
            starts = version.recent.setdefault(metric, {})
            starts[start] = (value, rows)
            if len(starts) > RECENT:
                del starts[min(starts)]


def _signal(
    model: int, version: str, found: _Model, at: int, metric: str, starts: dict[int, tuple[float, int]], called: str
) -> Signal:
    ordered = sorted(starts)
    detail: dict[str, Any] = {"model": model, "name": called, "version": version, "metric": metric}
    detail |= {"window_s": found.config.window_s, "window_start_ms": ordered[-1], "rows": starts[ordered[-1]][1]}
    detail["recent"] = " ".join(f"{start}:{starts[start][0]!r}:{starts[start][1]}" for start in ordered)
    value = starts[ordered[-1]][0]
    return Signal("quality", found.account, subject_of_quality(model, version, metric), at, "known", value, detail)
