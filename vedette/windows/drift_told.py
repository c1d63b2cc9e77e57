"""What a window that is over comes to: a verdict on each feature, and the signals that tell of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from vedette.events.signals import Signal
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.decision import Progress, step
from vedette.statistics.drift.verdict import Verdict, judge
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


@dataclass(slots=True)
class Closed:
    """What came of closing windows."""

    features: list[ClosedFeature] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)


def subject_of(model: int, version: str, feature: str = "") -> str:
    """The subject of signals about a model, or one of its features."""
    named = f"model:{model}@{version}" if version else f"model:{model}"
    return f"{named}/{feature}" if feature else named


def judge_window(
    account: int,
    model: int,
    version: str,
    window: Window,
    subject: Subject,
    standing: dict[str, Progress],
    closed: Closed,
) -> None:
    """Judge a window of a version, and add what comes of it; `standing`, by feature, moves on."""
    profiles = list(subject.profiles.values())
    at = window.end_ms
    policy = subject.config.policy()
    window_s = -(-(at - window.start_ms) // 1000)
    for profile, verdict in zip(profiles, judge(profiles, window.counts, subject.config.plan()), strict=True):
        progress, _ = step(policy, standing.get(profile.name, Progress()), verdict.state)
        standing[profile.name] = progress
        counts = window.counts.get(profile.name) or profile.nothing()
        place = (account, model, version, profile.name, window.start_ms, window_s)
        closed.features.append(ClosedFeature(*place, subject.reference, progress.raised, counts, verdict))
        closed.signals.append(_signal(account, model, version, at, progress.raised, verdict, subject.name))
    for feature in standing.keys() - subject.profiles.keys():
        if standing.pop(feature).raised:  # the new reference has no such feature
            closed.signals.append(over(account, model, version, feature, at, subject.name))
    closed.signals.append(activity(account, model, version, at, "active", subject.name))


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
    if verdict.unseen and any(one.statistic == "other_rate" and one.drifted for one in verdict.findings):
        unseen = verdict.unseen[0]
        detail |= {"unseen": unseen.value, "unseen_rows": unseen.rows, "unseen_values": verdict.unseen_values}
    subject = subject_of(model, version, verdict.feature)
    return Signal("drift", account, subject, at, "drift" if raised else "ok", value, detail)


def activity(account: int, model: int, version: str, at: int, state: str, name: str) -> Signal:
    """Whether rows of a version come: `active` or `no_data`."""
    detail: dict[str, Any] = {"model": model, "name": name, "version": version}
    return Signal("model", account, subject_of(model, version), at, state, detail=detail)


def over(account: int, model: int, version: str, feature: str, at: int, name: str) -> Signal:
    """That a feature of a version is no longer looked at: what is open about it is over."""
    detail: dict[str, Any] = {"model": model, "name": name, "version": version, "feature": feature}
    return Signal("drift", account, subject_of(model, version, feature), at, "ok", detail=detail)
