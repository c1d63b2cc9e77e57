"""Two references compared, feature by feature, as a window is with its reference; from their profiles alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import msgspec
import numpy as np

from vedette.statistics.drift.decision import State
from vedette.statistics.drift.distances import js_distance
from vedette.statistics.drift.measures import cells
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.rebinning import Cumulative, Floats, Rebinned, is_numeric, rebinned
from vedette.statistics.drift.significance import chi_square_test, deviation_ratio, mean_shift
from vedette.statistics.drift.thresholds import noise
from vedette.statistics.drift.verdict import Draft, Finding, Moved, Plan, Verdict, adjusted, draft


class Between(msgspec.Struct, frozen=True):
    """Bounds of what counts by bin do not say exactly."""

    least: float
    most: float | None


class Measures(msgspec.Struct, frozen=True):
    """How far apart: `js` and `chi_square` over the common bins, the others of numbers only (None: there is none).

    `ks` and `wasserstein` (in standard deviations of the first) lie between what the two profiles leave possible.
    """

    js: float | None = None
    chi_square: float | None = None
    chi_square_p: float | None = None
    ks: Between | None = None
    wasserstein: Between | None = None
    mean_shift: float | None = None
    mean_shift_p: float | None = None
    deviation_ratio: float | None = None


class FeatureComparison(msgspec.Struct, frozen=True):
    """One feature: as `Verdict`; `undecided` where distributions cannot be compared and nothing else differs.

    `bins` are common ones; `not_compared` says of each statistic that is none why.
    """

    feature: str
    kind: str
    state: State | Literal["undecided"]
    first: int
    second: int
    needed: int
    bins: int
    findings: tuple[Finding, ...]
    moved: tuple[Moved, ...]
    measures: Measures
    not_compared: dict[str, str]


class Changed(msgspec.Struct, frozen=True):
    """A feature of another kind than before: nothing of it is compared."""

    feature: str
    first: str
    second: str


class Comparison(msgspec.Struct, frozen=True):
    """Of the features in both that kept their kind, and which others there are."""

    features: tuple[FeatureComparison, ...]
    only_in_first: tuple[str, ...]
    only_in_second: tuple[str, ...]
    kinds_changed: tuple[Changed, ...]


def compare(first: Sequence[FeatureProfile], second: Sequence[FeatureProfile], plan: Plan | None = None) -> Comparison:
    """The second judged as a window of the first; all tests are adjusted together."""
    plan = plan or Plan()
    before = {one.name: one for one in first}
    after = {one.name: one for one in second}
    both = [(one, after[one.name]) for one in first if one.name in after]
    pairs = [pair for pair in both if pair[0].kind == pair[1].kind]
    common = [rebinned(*pair) for pair in pairs]
    measures = [_measures(*pair, one) for pair, one in zip(pairs, common, strict=True)]
    drafts = [_draft(*pair, plan) for pair in zip(common, measures, strict=True)]
    verdicts = adjusted(drafts, plan)
    return Comparison(
        tuple(map(_told, verdicts, common, measures)),
        tuple(name for name in before if name not in after),
        tuple(name for name in after if name not in before),
        tuple(Changed(one.name, one.kind, other.kind) for one, other in both if one.kind != other.kind),
    )


def _draft(one: Rebinned, measures: Measures, plan: Plan) -> Draft:
    found, used = draft(one.profile, one.counts, plan)
    findings = [finding for finding in found.findings if finding.statistic not in one.refused]
    if "psi" in one.refused and measures.ks is not None and found.state != "insufficient_data":
        n = noise(one.counts.moments.n, one.profile.n)
        # Smirnov's limit for the least that the distance can be: never below the p of the samples.
        p = min(1.0, 2 * math.exp(-2 * measures.ks.least**2 / n))
        findings.append(Finding("ks", measures.ks.least, math.sqrt(-math.log(plan.alpha / 2) / 2 * n), p, None, False))
        shift = mean_shift(one.profile.reference().moments, one.counts.moments)
        if shift is not None and math.isfinite(shift.value):
            findings.append(Finding("mean_shift", shift.value, shift.threshold, shift.p, None, False))
    return Draft(msgspec.structs.replace(found, findings=tuple(findings)), used)


def _told(verdict: Verdict, one: Rebinned, measures: Measures) -> FeatureComparison:
    state: State | Literal["undecided"] = verdict.state
    if state == "ok" and "psi" in one.refused:
        state = "undecided"
    return FeatureComparison(
        verdict.feature,
        one.profile.kind,
        state,
        verdict.reference,
        verdict.window,
        verdict.needed,
        one.profile.bins,
        verdict.findings,
        () if "psi" in one.refused else verdict.moved,
        measures,
        {str(statistic): why for statistic, why in one.refused.items()},
    )


def _measures(first: FeatureProfile, second: FeatureProfile, one: Rebinned) -> Measures:
    js = tested = None
    if "psi" not in one.refused:
        p, q = cells(one.profile, one.profile.reference()), cells(one.profile, one.counts)
        size = max(len(p), len(q))
        p, q = (np.append(side, np.zeros(size - len(side))) for side in (p, q))
        js, tested = _finite(js_distance(p, q)), chi_square_test(p, q)
    ks, wasserstein = _bounds(first, second) if is_numeric(first) else (None, None)
    of, seen = first.reference().moments, second.reference().moments
    shift = mean_shift(of, seen)
    return Measures(
        js,
        None if tested is None else tested.value,
        None if tested is None else tested.p,
        ks,
        wasserstein,
        None if shift is None else _finite(shift.value),
        None if shift is None else shift.p,
        deviation_ratio(of, seen),
    )


def _bounds(first: FeatureProfile, second: FeatureProfile) -> tuple[Between | None, Between | None]:
    """Kolmogorov and Smirnov's, and Wasserstein's distance of all finite numbers that such counts may come from."""
    f, g = Cumulative.of(first), Cumulative.of(second)
    if not f.n or not g.n:
        return None, None
    x = np.union1d(f.knots, g.knots)
    low, _ = _apart(f, g, x, at=True)
    inside, high = _apart(f, g, x, at=False)
    ks = Between(float(low.max()), min(1.0, float(high.max())))
    deviation = first.reference().moments.deviation if first.n > 1 else 0.0
    if not deviation > 0:
        return ks, None
    with np.errstate(over="ignore"):
        widths = np.diff(x) / deviation
    least, most = float(inside[:-1] @ widths), float(high[:-1] @ widths)
    return ks, Between(least, _finite(most)) if math.isfinite(least) else None


def _apart(f: Cumulative, g: Cumulative, x: Floats, *, at: bool) -> tuple[Floats, Floats]:
    (f_low, f_high), (g_low, g_high) = (side.at(x) if at else side.after(x) for side in (f, g))
    least = np.maximum(f_low / f.n - g_high / g.n, g_low / g.n - f_high / f.n).clip(0)
    return least, np.maximum(f_high / f.n - g_low / g.n, g_high / g.n - f_low / f.n)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
