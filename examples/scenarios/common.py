"""What the scenarios share: a reference's profiles, and the verdicts of a window, printed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.kinds import guess_kind
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.verdict import Plan, Verdict, judge

Columns = Mapping[str, Sequence[Any] | npt.NDArray[Any]]
PLAN = Plan(alpha=0.01)
"""One quiet window in a hundred may show drift in any feature."""


def profiles_of(reference: Columns) -> list[FeatureProfile]:
    """The profile of each column, of the kind that its values look like."""
    return [fit(name, values, guess_kind(values)) for name, values in reference.items()]


def verdicts(profiles: Sequence[FeatureProfile], window: Columns) -> dict[str, Verdict]:
    """What a window comes to, by feature."""
    counts = {profile.name: profile.count(window[profile.name]) for profile in profiles if profile.name in window}
    return {verdict.feature: verdict for verdict in judge(profiles, counts, PLAN)}


def drifted(profiles: Sequence[FeatureProfile], window: Columns) -> set[str]:
    """The features that have drifted in a window."""
    return {name for name, verdict in verdicts(profiles, window).items() if verdict.state == "drift"}


def windows(columns: Columns, rows: int) -> list[Columns]:
    """Windows of so many rows, one after the other; what is left at the end makes none."""
    length = len(next(iter(columns.values())))
    return [
        {name: values[begin : begin + rows] for name, values in columns.items()}
        for begin in range(0, length - rows + 1, rows)
    ]


def shuffled(columns: Columns, seed: int) -> Columns:
    """The same rows in another order: of data that stand in no order of time, so that halves are alike."""
    order = np.random.default_rng(seed).permutation(len(next(iter(columns.values()))))
    return {name: np.asarray(values)[order] for name, values in columns.items()}


def show(what: str, found: Mapping[str, Verdict]) -> None:
    """A line for each feature that is not quiet: statistic, threshold, adjusted p, and the bin that moved most."""
    for verdict in found.values():
        if verdict.state == "ok":
            continue
        for one in verdict.findings:
            if one.adjusted is not None and one.adjusted <= PLAN.alpha:
                moved = verdict.moved[0] if verdict.moved else None
                bins = f"; {moved.bin}: {moved.reference:.1%} → {moved.window:.1%}" if moved else ""
                print(f"{what}: {verdict.feature} {one.statistic} {one.value:.3g}, p {one.adjusted:.2g}{bins}")
    if all(verdict.state == "ok" for verdict in found.values()):
        print(f"{what}: quiet")
