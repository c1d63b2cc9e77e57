"""Drift windows: rows of a model counted into the bins of its reference, and judged when their window is over."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.events.features import Column, FeatureBatch
from vedette.events.signals import Signal
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.decision import Policy, Progress, step
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.verdict import Plan, Verdict, judge
from vedette.windows.dedup import Seen

LATENESS_MS = 60_000
"""A window is over when the model has sent rows that are so much newer than its end."""
SETTLE_MS = 120_000
"""Or when nothing has come so long after its end, by the wall clock."""


class DriftConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model's windows are made and judged: see `Plan` and `Policy`."""

    window_s: int = 3600
    alpha: float = 0.05
    correction: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    tolerated: float = 0.0
    wanted: int = 1
    of: int = 1
    cooldown: int = 0

    def plan(self) -> Plan:
        """How each window is judged."""
        return Plan(alpha=self.alpha, correction=self.correction, tolerated=self.tolerated)

    def policy(self) -> Policy:
        """When drift is raised and cleared."""
        return Policy(self.wanted, self.of, self.cooldown)


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a model: `reference` is the number of what its rows are compared with, `profiles` by feature."""

    name: str
    config: DriftConfig
    reference: int
    profiles: Mapping[str, FeatureProfile]


Find = Callable[[int, str], Subject | None]
"""The subject of a model and version; None if the model is gone or has no reference yet."""


@dataclass(frozen=True, slots=True)
class ClosedFeature:
    """What a window came to for one feature."""

    account: int
    model: int
    version: str
    feature: str
    start_ms: int
    window_s: int
    reference: int
    raised: bool
    counts: Counts
    verdict: Verdict


@dataclass(slots=True)
class Closed:
    """What came of closing windows."""

    features: list[ClosedFeature] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


@dataclass(slots=True)
class _Window:
    reference: int
    window_ms: int
    counts: dict[str, Counts] = field(default_factory=dict)


@dataclass(slots=True)
class _Version:
    """A version of a model. `closed_ms` is where the newest closed window ended, `newest_ms` the newest row's time."""

    account: int
    partition: int
    newest_ms: int = -1
    closed_ms: int = -1
    silent: bool = False
    windows: dict[int, _Window] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)


class DriftShard:
    """The state of some models: what was seen, open windows, and where each feature stands. Pickled as a snapshot."""

    def __init__(self) -> None:
        self._seen: dict[int, Seen] = {}
        self._versions: dict[tuple[int, str], _Version] = {}
        self.duplicates = self.late = self.uncounted = 0
        """Batches that came twice, rows of windows that were over, and rows without a reference, since last asked."""

    def add(self, batch: FeatureBatch, find: Find, partition: int = 0) -> None:
        """Count the rows of a batch that a partition of the log held."""
        if not self._seen.setdefault(batch.model, Seen()).is_new(batch.epoch, batch.seq):
            self.duplicates += 1
            return
        times = np.frombuffer(batch.ts, "<i8")
        subject = find(batch.model, batch.version)
        if subject is None or not len(times):
            self.uncounted += len(times)
            return
        found = self._versions.setdefault((batch.model, batch.version), _Version(batch.account, partition))
        found.partition = partition
        window_ms = subject.config.window_s * 1000
        starts = times // window_ms * window_ms
        for start in np.unique(starts).tolist():
            rows = None if starts[0] == start and bool((starts == start).all()) else starts == start
            if start + window_ms <= found.closed_ms:
                self.late += len(times) if rows is None else int(rows.sum())
                continue
            window = found.windows.get(start)
            if window is None or (window.reference, window.window_ms) != (subject.reference, window_ms):
                # Bins of another reference cannot be added: the window begins anew with the one that counts now.
                window = found.windows[start] = _Window(subject.reference, window_ms)
            for column in batch.columns:
                profile = subject.profiles.get(column.name)
                if profile is not None:
                    counted = count(profile, column, rows)
                    before = window.counts.get(column.name)
                    window.counts[column.name] = counted if before is None else before + counted
        found.newest_ms = max(found.newest_ms, int(times.max()))
        found.silent = False

    def close(self, find: Find, quiet: Mapping[int, int] = {}) -> Closed:
        """Judge the windows that are over. `quiet`: of partitions that were read to their end, the wall clock then."""
        closed = Closed()
        for (model, version), found in list(self._versions.items()):
            subject = find(model, version)
            quiet_at_ms = quiet.get(found.partition)
            if subject is None:
                if quiet_at_ms is not None:
                    del self._versions[model, version]
                continue
            for start in sorted(found.windows):
                window = found.windows[start]
                end = start + window.window_ms
                settled = quiet_at_ms is not None and end + SETTLE_MS <= quiet_at_ms
                if not settled and end + LATENESS_MS > found.newest_ms:
                    break
                del found.windows[start]
                found.closed_ms = max(found.closed_ms, end)
                if window.reference == subject.reference:
                    _judge(model, version, start, window, found, subject, closed)
            if quiet_at_ms is not None:
                _mind_silence(model, version, found, subject, quiet_at_ms, closed)
        return closed


def count(profile: FeatureProfile, column: Column, rows: npt.NDArray[np.bool_] | None) -> Counts:
    """A column's values (those of `rows`, or all) by the bins of a profile."""
    if column.form == "numbers":
        numbers = np.frombuffer(column.data, "<f8")
        return profile.count(numbers if rows is None else numbers[rows])
    codes = np.frombuffer(column.data, "<i4")
    return profile.count_codes(codes if rows is None else codes[rows], column.dictionary)


def subject_of(model: int, version: str, feature: str = "") -> str:
    """The subject of signals about a model, or one of its features."""
    named = f"model:{model}@{version}" if version else f"model:{model}"
    return f"{named}/{feature}" if feature else named


def _judge(
    model: int, version: str, start: int, window: _Window, found: _Version, subject: Subject, closed: Closed
) -> None:
    profiles = list(subject.profiles.values())
    at = start + window.window_ms
    policy = subject.config.policy()
    for profile, verdict in zip(profiles, judge(profiles, window.counts, subject.config.plan()), strict=True):
        progress, _ = step(policy, found.progress.get(profile.name, Progress()), verdict.state)
        found.progress[profile.name] = progress
        counts = window.counts.get(profile.name) or profile.nothing()
        closed.features.append(
            ClosedFeature(
                found.account,
                model,
                version,
                profile.name,
                start,
                window.window_ms // 1000,
                subject.reference,
                progress.raised,
                counts,
                verdict,
            )
        )
        closed.signals.append(_signal(found.account, model, version, at, progress.raised, verdict, subject.name))
    closed.signals.append(_activity(found.account, model, version, at, "active", subject.name))


def _signal(account: int, model: int, version: str, at: int, raised: bool, verdict: Verdict, name: str) -> Signal:
    detail: dict[str, str | int | float | None] = {"model": model, "name": name, "feature": verdict.feature}
    detail |= {"version": version, "window_state": verdict.state, "rows": verdict.window}
    value = 0.0
    tested = [one for one in verdict.findings if one.adjusted is not None]
    if tested:
        worst = min(tested, key=lambda one: (one.adjusted, -one.value))
        value = worst.value
        detail |= {"statistic": worst.statistic, "threshold": worst.threshold, "p": worst.adjusted}
    if verdict.moved:
        moved = verdict.moved[0]
        detail |= {"bin": moved.bin, "reference_share": moved.reference, "window_share": moved.window}
    subject = subject_of(model, version, verdict.feature)
    return Signal("drift", account, subject, at, "drift" if raised else "ok", value, detail)


def _activity(account: int, model: int, version: str, at: int, state: str, name: str) -> Signal:
    detail: dict[str, Any] = {"model": model, "name": name, "version": version}
    return Signal("model", account, subject_of(model, version), at, state, detail=detail)


def _mind_silence(model: int, version: str, found: _Version, subject: Subject, now_ms: int, closed: Closed) -> None:
    """Say once that no rows come any more, when a whole window has passed without any."""
    window_ms = subject.config.window_s * 1000
    end = (found.newest_ms // window_ms + 2) * window_ms
    if found.silent or found.windows or found.newest_ms < 0 or end + SETTLE_MS > now_ms:
        return
    found.silent = True
    closed.signals.append(_activity(found.account, model, version, end, "no_data", subject.name))
