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

MOST_AT_ONCE = 200
"""Windows that one report may touch; the newest are counted."""
MOST_OPEN = 500
"""Open windows of a version."""
MOST_CLOSED = 5000
"""Features of windows that are judged at once."""


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

    def window(self, start: int, window_ms: int, reference: int) -> _Window | None:
        """The window that begins there, begun anew if its bins are another reference's; None if too many are open."""
        found = self.windows.get(start)
        if found is not None and (found.reference, found.window_ms) == (reference, window_ms):
            return found
        if found is None and len(self.windows) >= MOST_OPEN:
            return None
        self.windows[start] = _Window(reference, window_ms)
        return self.windows[start]


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
        order = None if (starts == starts[0]).all() else np.argsort(starts, kind="stable")
        places, begins, sizes = np.unique(
            starts if order is None else starts[order], return_index=True, return_counts=True
        )
        oldest = max(found.closed_ms, int(places[-MOST_AT_ONCE:][0]) + window_ms - 1)
        taken = []
        for place, begin, size in zip(places.tolist(), begins.tolist(), sizes.tolist(), strict=True):
            if place + window_ms <= oldest or (window := found.window(place, window_ms, subject.reference)) is None:
                self.late += size
            else:
                taken.append((window, slice(begin, begin + size)))
        for column in batch.columns:
            profile = subject.profiles.get(column.name)
            if profile is not None:
                values = _values(column, order)
                for window, rows in taken:
                    counted = count(profile, column, values[rows])
                    before = window.counts.get(column.name)
                    window.counts[column.name] = counted if before is None else before + counted
        found.newest_ms = max(found.newest_ms, int(times.max()))
        found.silent = False

    def close(self, find: Find, quiet: Mapping[int, int] = {}) -> Closed:
        """Judge the windows that are over, `MOST_CLOSED` features or a little more at once; the rest come with the next
        call. `quiet`: of partitions that were read to their end, the wall clock then."""
        closed = Closed()
        for (model, version), found in list(self._versions.items()):
            subject = find(model, version)
            quiet_at_ms = quiet.get(found.partition)
            if subject is None:
                if quiet_at_ms is not None:
                    self._forget(model, version, quiet_at_ms, "", closed)
                continue
            window_ms = subject.config.window_s * 1000
            for start in sorted(found.windows):
                window = found.windows[start]
                if (window.reference, window.window_ms) != (subject.reference, window_ms):
                    del found.windows[start]  # its model is judged otherwise now
                    continue
                end = start + window_ms
                settled = quiet_at_ms is not None and end + SETTLE_MS <= quiet_at_ms
                if (not settled and end + LATENESS_MS > found.newest_ms) or len(closed.features) >= MOST_CLOSED:
                    break
                del found.windows[start]
                found.closed_ms = max(found.closed_ms, end)
                _judge(model, version, start, window, found, subject, closed)
            if quiet_at_ms is not None:
                self._mind_silence(model, version, subject, quiet_at_ms, closed)
        return closed

    def _mind_silence(self, model: int, version: str, subject: Subject, now_ms: int, closed: Closed) -> None:
        """Say once that no rows come any more, when a whole window has passed without any.

        A version that another one of the model has followed is not silent but over.
        """
        found = self._versions[model, version]
        window_ms = subject.config.window_s * 1000
        end = (found.newest_ms // window_ms + 2) * window_ms
        if found.windows or found.newest_ms < 0 or end + SETTLE_MS > now_ms:
            return
        others = [one for (its, _), one in self._versions.items() if its == model and one is not found]
        if any(one.newest_ms >= end - window_ms for one in others):
            self._forget(model, version, end, subject.name, closed)
        elif not found.silent:
            found.silent = True
            closed.signals.append(_activity(found.account, model, version, end, "no_data", subject.name))

    def _forget(self, model: int, version: str, at: int, name: str, closed: Closed) -> None:
        """Forget a version; whatever is open about it is over."""
        found = self._versions.pop((model, version))
        for feature in [feature for feature, progress in found.progress.items() if progress.raised]:
            closed.signals.append(_over(found.account, model, version, feature, at, name))
        closed.signals.append(_activity(found.account, model, version, at, "active", name))
        if all(its != model for its, _ in self._versions):
            self._seen.pop(model, None)


def _values(column: Column, order: npt.NDArray[np.intp] | None) -> npt.NDArray[Any]:
    """A column's numbers or codes, in this order."""
    values = np.frombuffer(column.data, "<f8" if column.form == "numbers" else "<i4")
    return values if order is None else values[order]


def count(profile: FeatureProfile, column: Column, values: npt.NDArray[Any]) -> Counts:
    """Some of a column's numbers or codes by the bins of a profile."""
    return profile.count(values) if column.form == "numbers" else profile.count_codes(values, column.dictionary)


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
    for feature in found.progress.keys() - subject.profiles.keys():
        if found.progress.pop(feature).raised:  # the new reference has no such feature
            closed.signals.append(_over(found.account, model, version, feature, at, subject.name))
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


def _over(account: int, model: int, version: str, feature: str, at: int, name: str) -> Signal:
    detail: dict[str, Any] = {"model": model, "name": name, "version": version, "feature": feature}
    return Signal("drift", account, subject_of(model, version, feature), at, "ok", detail=detail)
