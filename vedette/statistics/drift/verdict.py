"""A window's verdict on each feature, which explains itself.

Every feature has up to four tests: its distribution (PSI over bins and categories), and the rates of missing values, of
values that the reference does not know, and of numbers beyond its range. All tests of a window that say anything are
adjusted together; what a rate with few outcomes leaves of its share of the level goes to the distributions.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Container, Mapping, Sequence
from functools import partial
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from vedette.statistics.drift.chi_square import folded
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.decision import State
from vedette.statistics.drift.distances import movers
from vedette.statistics.drift.measures import Distances, both_cells, ks_of, measure
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.rates import Used, beyond_range_p, beyond_range_used, rates_p, rates_used
from vedette.statistics.drift.saddlepoint import Floats
from vedette.statistics.drift.significance import RARE, chi_square_test, mean_shift, psi_test
from vedette.statistics.drift.thresholds import ALPHA, SMALLEST_REFERENCE, noise, smallest_window
from vedette.statistics.multiplicity import benjamini_hochberg, holm, share_out

Statistic = Literal["psi", "missing_rate", "other_rate", "out_of_range_rate", "chi_square", "ks", "mean_shift"]
STATISTICS: tuple[Statistic, ...] = ("psi", "missing_rate", "other_rate", "out_of_range_rate")
NAMED = 5
"""Unseen values that a verdict names."""
CORRECTIONS: dict[str, Callable[[Floats, Floats], Floats]] = {"benjamini_hochberg": benjamini_hochberg, "holm": holm}


class Moved(msgspec.Struct, frozen=True, gc=False):
    """A bin that moved: its name, its share of the reference and of the window."""

    bin: str
    reference: float
    window: float


class Stranger(msgspec.Struct, frozen=True, gc=False):
    """A value that the reference does not know, and the rows of the window that have it."""

    value: str
    rows: int


class Finding(msgspec.Struct, frozen=True, gc=False):
    """One test. `threshold` is what quiet data of these sizes exceeds with the probability alpha (rates have none)."""

    statistic: Statistic
    value: float
    threshold: float | None
    p: float | None
    adjusted: float | None
    drifted: bool


class Verdict(msgspec.Struct, frozen=True):
    """What a window says of one feature: sample sizes are rows with a value; `needed` is the fewest for an answer.

    `unseen`: the most frequent of up to 32 values that the reference does not know, of `unseen_values` distinct ones
    (more than 32: an estimate, within 18 % two times of three; they are then any 32 of them).
    """

    feature: str
    state: State
    reference: int
    window: int
    needed: int
    findings: tuple[Finding, ...] = ()
    moved: tuple[Moved, ...] = ()
    unseen: tuple[Stranger, ...] = ()
    unseen_values: int = 0
    measures: Distances | None = None


class Plan(msgspec.Struct, frozen=True):
    """How windows are judged. `tolerated` is a PSI between populations that is nobody's business.

    `statistics` are the tests that are made. `needed`: rows with a value for an answer on the distribution; None:
    max(10 B, 200). `reference`: the same of it. `screened`: where it decides nothing, p is that of χ² more often, which
    costs less.
    """

    alpha: float = ALPHA
    correction: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    tolerated: float = 0.0
    statistics: tuple[Statistic, ...] = STATISTICS
    needed: int | None = None
    reference: int = SMALLEST_REFERENCE
    screened: bool = False


CHOSEN_REFERENCE = 500
"""Values of a reference for the tests that are made only where a plan names them: their p is that of large samples."""
SCREEN = 2.0
"""Of a screened plan: tails of χ² above so many alphas are taken for p."""


class Draft(NamedTuple):
    """A verdict before its tests are adjusted, and what those that have few outcomes use of a level."""

    verdict: Verdict
    used: Mapping[Statistic, Used]


def judge(profiles: Sequence[FeatureProfile], window: Mapping[str, Counts], plan: Plan | None = None) -> list[Verdict]:
    """One verdict a profile, in their order; a feature that the window does not have is `no_data`."""
    plan = plan or Plan()
    verdicts = adjusted([draft(profile, window.get(profile.name), plan) for profile in profiles], plan)
    return [_measured(*pair, window) for pair in zip(profiles, verdicts, strict=True)]


def _measured(profile: FeatureProfile, verdict: Verdict, window: Mapping[str, Counts]) -> Verdict:
    counts = window.get(profile.name)
    return verdict if counts is None else msgspec.structs.replace(verdict, measures=measure(profile, counts))


def adjusted(drafts: Sequence[Draft], plan: Plan) -> list[Verdict]:
    """Drafts with all their tests adjusted together, and decided."""
    tests = [(one, draft.used.get(one.statistic)) for draft in drafts for one in draft.verdict.findings]
    said = [(one.p, used) for one, used in tests if one.p is not None]
    level = plan.alpha / max(len(said), 1)
    weights = iter(share_out([np.nan if used is None else used(level) for _, used in said], level).tolist())
    p = np.array([np.nan if one.p is None else one.p for one, _ in tests])
    shares = np.array([np.nan if one.p is None else next(weights) for one, _ in tests])
    found = iter(CORRECTIONS[plan.correction](p, shares).tolist())
    return [_decided(draft.verdict, [next(found) for _ in draft.verdict.findings], plan.alpha) for draft in drafts]


def _decided(draft: Verdict, adjusted: list[float], alpha: float) -> Verdict:
    findings = tuple(
        [
            Finding(one.statistic, one.value, one.threshold, one.p, a, a <= alpha) if one.p is not None else one
            for one, a in zip(draft.findings, adjusted, strict=True)
        ]
    )
    state: State = "drift" if any(one.drifted for one in findings) else draft.state
    return msgspec.structs.replace(draft, state=state, findings=findings)


def draft(profile: FeatureProfile, counts: Counts | None, plan: Plan) -> Draft:
    """A feature's tests, before they are adjusted."""
    own = profile.reference()
    held, present = own.present, 0 if counts is None else counts.present
    if counts is None or not present + counts.missing:
        return Draft(Verdict(profile.name, "no_data", held, 0, _needed(profile.bins, plan)), {})
    p, q = both_cells(profile, own, counts)
    needed = _needed(profile.bins if profile.by_edges else len(folded(p, q, fewest=RARE)[0]), plan)
    if held + own.missing < plan.reference:
        return Draft(Verdict(profile.name, "insufficient_data", held, present, needed), {})
    findings = []
    enough = held >= plan.reference and present >= needed
    spaced = profile.spaced and len(q) == profile.bins
    if "psi" in plan.statistics and enough:
        screen = SCREEN * plan.alpha if plan.screened else math.inf
        tested = psi_test(p, q, is_spaced=spaced, alpha=plan.alpha, tolerated=plan.tolerated, screen=screen)
        if tested is not None:
            findings.append(Finding("psi", tested.value, tested.threshold, tested.p, None, False))
    if enough:
        findings += _chosen(profile, own, counts, (p, q), plan)
    rates, used = _rates(profile, own, held, counts, present, plan.statistics)
    findings += rates
    moved = tuple(Moved(bin_name(profile, index), before, now) for index, before, now in movers(p, q))
    state: State = "ok" if enough and findings else "insufficient_data"
    unseen = tuple(Stranger(one.name, one.times) for one in counts.unseen.most_frequent(NAMED))
    about = (tuple(findings), moved, unseen, counts.unseen.distinct)
    return Draft(Verdict(profile.name, state, held, present, needed, *about), used)


def _chosen(
    profile: FeatureProfile, own: Counts, counts: Counts, both: tuple[Floats, Floats], plan: Plan
) -> list[Finding]:
    """The tests of a distribution that are made only where a plan names them."""
    found: list[Finding] = []
    held, size = float(both[0].sum()), float(both[1].sum())
    if held < CHOSEN_REFERENCE:
        return found
    if "chi_square" in plan.statistics:
        tested = chi_square_test(*both, plan.alpha)
        if tested.bins > 1:
            found.append(Finding("chi_square", tested.value, tested.threshold, tested.p, None, False))
    value = ks_of(profile, *both) if "ks" in plan.statistics else None
    if value is not None:
        n = noise(int(size), int(held))
        limit = math.sqrt(-math.log(plan.alpha / 2) / 2 * n)
        # Smirnov's limit for what the bins show of the distance: never below the p of the samples.
        found.append(Finding("ks", value, limit, min(1.0, 2 * math.exp(-2 * value**2 / n)), None, False))
    shift = mean_shift(own.moments, counts.moments) if "mean_shift" in plan.statistics else None
    if shift is not None and math.isfinite(shift.value):  # else the reference does not vary: its bins tell
        found.append(Finding("mean_shift", shift.value, shift.threshold, shift.p, None, False))
    return found


def _needed(bins: int, plan: Plan) -> int:
    return smallest_window(bins) if plan.needed is None else plan.needed


def _rates(
    profile: FeatureProfile, own: Counts, held: int, counts: Counts, present: int, wanted: Container[Statistic]
) -> tuple[list[Finding], dict[Statistic, Used]]:
    """Missing of all rows; other and out of range of those with a value (`held` of the reference, `present`)."""
    found: list[Finding] = []
    used: dict[Statistic, Used] = {}

    def compare(statistic: Statistic, before: int, of: int, now: int, rows: int, said_of: int) -> None:
        if statistic not in wanted:
            return
        found.append(Finding(statistic, now / said_of, None, rates_p(before, of, now, rows), None, False))
        used[statistic] = partial(rates_used, before + now, of, rows)

    rows = present + counts.missing
    compare("missing_rate", own.missing, held + own.missing, counts.missing, rows, rows)
    if present:
        known = min(own.other or profile.singles, held)
        compare("other_rate", known, held, counts.other, present, present)
        if profile.by_edges:
            beyond, numbers = counts.out_of_range, present - counts.other
            if own.out_of_range:
                compare("out_of_range_rate", own.out_of_range, held, beyond, numbers, present)
            elif "out_of_range_rate" in wanted:
                of = held - own.other
                p = beyond_range_p(beyond, numbers, of)
                found.append(Finding("out_of_range_rate", beyond / present, None, p, None, False))
                used["out_of_range_rate"] = partial(beyond_range_used, numbers, of)
    return found, used


def bin_name(profile: FeatureProfile, index: int) -> str:
    """What a profile's bin holds: an interval, a value or a category; one index more stands for all others."""
    if index >= profile.bins:
        return "other"
    if not profile.by_edges:
        return str(profile.points[index]) if profile.points else profile.categories[index]
    edges = profile.edges
    low = f"{edges[index - 1]:.6g}" if index else "-∞"
    return f"({low}, {f'{edges[index]:.6g}' if index < len(edges) else '∞'}]"
