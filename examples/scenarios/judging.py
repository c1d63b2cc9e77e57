"""What the scenarios share: a reference's profiles, the verdicts of windows, and drift that is raised over time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.decision import Policy, Progress, step
from vedette.statistics.drift.kinds import guess_kind
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.verdict import Plan, Verdict, judge

Columns = Mapping[str, Sequence[Any] | npt.NDArray[Any]]
PLAN = Plan(alpha=0.01)
"""One quiet window in a hundred may show drift in any feature."""
POLICY = Policy(wanted=2, of=3)
"""Two of three windows in a row: what people are called for."""


def profiles_of(reference: Columns) -> list[FeatureProfile]:
    """The profile of each column, of the kind that its values look like."""
    return [fit(name, values, guess_kind(values)) for name, values in reference.items()]


def verdicts(profiles: Sequence[FeatureProfile], window: Columns) -> dict[str, Verdict]:
    """What a window comes to, by feature."""
    counts = {profile.name: profile.count(window[profile.name]) for profile in profiles if profile.name in window}
    return {verdict.feature: verdict for verdict in judge(profiles, counts, PLAN)}


def raised(profiles: Sequence[FeatureProfile], some: Sequence[Columns]) -> list[set[str]]:
    """The features whose drift is raised after each of these windows."""
    progress = {profile.name: Progress() for profile in profiles}
    found: list[set[str]] = []
    for window in some:
        for name, verdict in verdicts(profiles, window).items():
            progress[name], _ = step(POLICY, progress[name], verdict.state)
        found.append({name for name, one in progress.items() if one.raised})
    return found


def windows(columns: Columns, rows: int) -> list[Columns]:
    """Windows of so many rows, one after the other; what is left at the end makes none."""
    length = len(next(iter(columns.values())))
    return [
        {name: values[begin : begin + rows] for name, values in columns.items()}
        for begin in range(0, length - rows + 1, rows)
    ]


def shuffled(columns: Columns, seed: int) -> dict[str, npt.NDArray[Any]]:
    """The same rows in another order: of data that stand in no order of time, so that halves are alike."""
    order = np.random.default_rng(seed).permutation(len(next(iter(columns.values()))))
    return {name: np.asarray(values)[order] for name, values in columns.items()}


def show(what: str, profiles: Sequence[FeatureProfile], some: Sequence[Columns]) -> None:
    """A line for each window: which features moved, by which statistic and how much, and what is raised by then."""
    for number, (window, called) in enumerate(zip(some, raised(profiles, some), strict=True)):
        moved = [
            f"{verdict.feature} {one.statistic} {one.value:.3g} (p {one.adjusted:.1g})"
            for verdict in verdicts(profiles, window).values()
            for one in verdict.findings
            if one.drifted and one.adjusted is not None
        ]
        alarm = f"   raised: {', '.join(sorted(called))}" if called else ""
        print(f"{what}, window {number}: {'; '.join(moved) or 'quiet'}{alarm}")
