"""What a window that is over comes to: a verdict on each feature, and the signals that tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from vedette.events.model_subjects import subject_of
from vedette.events.signals import Signal
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.decision import Progress, step
from vedette.statistics.drift.segment_verdicts import judge_segments
from vedette.statistics.drift.verdict import Verdict, judge
from vedette.windows.drift_charts import Charted, ChartMemory, chart, out_of_control
from vedette.windows.drift_config import Subject
from vedette.windows.drift_times import Window


@dataclass(frozen=True, slots=True)
class ClosedFeature:
    """What a window came to for one feature. Of one by rows `window_s` is how long it took, rounded up."""

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
    segments: tuple[ClosedSegment, ...] | None = None
    charts: tuple[Charted, ...] = ()


@dataclass(frozen=True, slots=True)
class ClosedSegment:
    """What it came to in one segment. The counts have no moments."""

    segment: str
    raised: bool
    counts: Counts
    verdict: Verdict


@dataclass(slots=True)
class Closed:
    """What came of closing windows."""

    features: list[ClosedFeature] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    judged: int = 0


Part = str | tuple[str, str]
"""A feature, or a segment and a feature."""
Standing = dict[Part, Progress]
"""How each stands. Segments in which nothing has drifted lately are left out."""


def judge_window(
    account: int,
    model: int,
    version: str,
    window: Window,
    subject: Subject,
    standing: Standing,
    closed: Closed,
    charts: dict[str, ChartMemory],
) -> None:
    """Judge a window of a version, and add what comes of it; `standing` and `charts`, by feature, move on."""
    profiles = list(subject.profiles.values())
    window = replace(window, counts={name: counts.settled() for name, counts in window.counts.items()})
    at = window.end_ms
    policy = subject.config.policy()
    window_s = -(-(at - window.start_ms) // 1000)
    segments = _judge_segments(account, model, version, window, subject, standing, closed)
    for profile, verdict in zip(profiles, judge(profiles, window.counts, subject.config.plan()), strict=True):
        progress, _ = step(policy, standing.get(profile.name, Progress()), verdict.state)
        standing[profile.name] = progress
        counts = window.counts.get(profile.name) or profile.nothing()
        place = (account, model, version, profile.name, window.start_ms, window_s)
        parts = segments.get(profile.name)
        config = subject.config
        charted = chart(config, subject.reference, profile, counts, charts) if config.charts else ()
        told = (subject.reference, progress.raised, counts, verdict, None if parts is None else tuple(parts), charted)
        closed.features.append(ClosedFeature(*place, *told))
        signal = _signal(account, model, version, at, progress.raised, verdict, subject.name)
        if (out := out_of_control(charted)) is not None:
            signal.detail["charts"] = out
        closed.signals.append(signal)
        closed.judged += 1 + len(parts or ())
    gone = [part for part in (standing | charts) if not _is_looked_at(part, subject)]
    for part in open_parts(standing, charts):
        if part in gone:  # the new reference has no such feature, or no such segment
            closed.signals.append(over(account, model, version, part, at, subject.name))
    for part in gone:
        standing.pop(part, None)
        if isinstance(part, str):
            charts.pop(part, None)
    closed.signals.append(activity(account, model, version, at, "active", subject.name))


def _judge_segments(
    account: int, model: int, version: str, window: Window, subject: Subject, standing: Standing, closed: Closed
) -> dict[str, list[ClosedSegment]]:
    """By feature. A signal goes out while drift is raised, and once when it no longer is: there may be thousands."""
    found: dict[str, list[ClosedSegment]] = {}
    if subject.segments is None:
        return found
    config = subject.config
    profiles = list(subject.profiles.values())
    for one in judge_segments(subject.segments, profiles, window.counts, config.plan()):
        part = (one.segment, one.verdict.feature)
        before = standing.pop(part, Progress())
        progress, _ = step(config.policy(), before, one.verdict.state)
        if progress.raised or progress.cooling or any(progress.recent):
            standing[part] = progress
        if progress.raised or before.raised:
            args = (account, model, version, window.end_ms, progress.raised, one.verdict, subject.name)
            closed.signals.append(_signal(*args, segment=one.segment))
        closed_segment = ClosedSegment(one.segment, progress.raised, one.counts, one.verdict)
        found.setdefault(one.verdict.feature, []).append(closed_segment)
    return found


def _is_looked_at(part: Part, subject: Subject) -> bool:
    if isinstance(part, str):
        return part in subject.profiles
    segment, feature = part
    segments = subject.segments
    known = segments is not None and segment in segments.labels and feature in segments.counts
    return known and feature in subject.profiles


def _signal(
    account: int,
    model: int,
    version: str,
    at: int,
    raised: bool,
    verdict: Verdict,
    name: str,
    segment: str | None = None,
) -> Signal:
    detail: dict[str, str | int | float | None] = {"model": model, "name": name, "feature": verdict.feature}
    if segment is not None:
        detail["segment"] = segment
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
    if verdict.unseen and any(one.statistic == "other_rate" and one.drifted for one in verdict.findings):
        unseen = verdict.unseen[0]
        detail |= {"unseen": unseen.value, "unseen_rows": unseen.rows, "unseen_values": verdict.unseen_values}
    subject = subject_of(model, version, verdict.feature, segment)
    return Signal("drift", account, subject, at, "drift" if raised else "ok", value, detail)


def activity(account: int, model: int, version: str, at: int, state: str, name: str) -> Signal:
    """Whether rows of a version come: `active` or `no_data`."""
    detail: dict[str, Any] = {"model": model, "name": name, "version": version}
    return Signal("model", account, subject_of(model, version), at, state, detail=detail)


def open_parts(standing: Standing, charts: Mapping[str, ChartMemory]) -> list[Part]:
    """Those whose drift is raised, or a chart of which was out of control: alerts may be open about them."""
    raised = {part: None for part, progress in standing.items() if progress.raised}
    return [*(raised | {name: None for name, memory in charts.items() if memory.out})]


def over(account: int, model: int, version: str, part: Part, at: int, name: str) -> Signal:
    """That a feature of a version, or one in a segment, is no longer looked at: what is open about it is over."""
    segment, feature = (None, part) if isinstance(part, str) else part
    detail: dict[str, Any] = {"model": model, "name": name, "version": version, "feature": feature}
    if segment is not None:
        detail["segment"] = segment
    return Signal("drift", account, subject_of(model, version, feature, segment), at, "ok", detail=detail)
