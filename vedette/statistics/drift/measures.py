"""Measures: how far a window lies from its reference, beside what was tested; from counts and moments alone."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from vedette.statistics.drift.chi_square import FEWEST, chi_square
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.distances import Floats, js_distance, ks_binned, wasserstein_between
from vedette.statistics.drift.profile import KNOTS, FeatureProfile
from vedette.statistics.drift.significance import deviation_ratio, mean_shift
from vedette.statistics.drift.thresholds import chi_square_tail

NUMERIC = ("numeric", "text_length")
FEW = 64
"""Cells up to which numbers are looked at one by one."""


class Distances(msgspec.Struct, frozen=True, gc=False):
    """None: there is none. `js` (to base 2, 0 to 1) and `chi_square` over the bins and what has none; the others of
    numbers only.

    `ks` is max |F - G| at the bins' edges; `wasserstein` (Wasserstein's first distance) and `mean_shift` are in
    standard deviations of the reference; `deviation_ratio` is the window's standard deviation over the reference's. p
    as if each were the only test.
    """

    js: float | None = None
    chi_square: float | None = None
    chi_square_p: float | None = None
    ks: float | None = None
    wasserstein: float | None = None
    mean_shift: float | None = None
    mean_shift_p: float | None = None
    deviation_ratio: float | None = None


def cells(profile: FeatureProfile, counts: Counts) -> Floats:
    """The counts that PSI compares: bins, the outermost with what is beyond; values without a bin as a last one."""
    bins = counts.bins.astype(np.float64)
    if profile.by_edges:
        bins[0] += counts.below
        bins[-1] += counts.above
        return np.append(bins, counts.other) if profile.other or counts.other else bins
    return np.append(bins, counts.other + counts.below + counts.above)


def both_cells(profile: FeatureProfile, own: Counts, counts: Counts) -> tuple[Floats, Floats]:
    """Those of the reference (`own`) and of a window, of one length."""
    p, q = cells(profile, own), cells(profile, counts)
    if len(p) != len(q):  # only the window has values that are of no bin
        p = np.append(p, np.zeros(len(q) - len(p)))
    return p, q


def ks_of(profile: FeatureProfile, p: Floats, q: Floats) -> float | None:
    """The least that Kolmogorov and Smirnov's distance of the numbers is, by both sides' cells; None for categories.

    Of intervals it is max |F - G| at their edges. Of numbers that are counted one by one, nobody knows where the others
    lie, which may make up for as much as they are.
    """
    if profile.kind not in NUMERIC:
        return None
    first, second = p[: profile.bins], q[: profile.bins]
    if profile.by_edges:
        return ks_binned(first, second) if first.any() and second.any() else None
    held, size = p.sum(), q.sum()
    strange = p[profile.bins :].sum() / held + q[profile.bins :].sum() / size
    apart = np.abs(np.cumsum(first) / held - np.cumsum(second) / size)
    return max(0.0, float(apart.max(initial=0.0)) - float(strange))


def measure(profile: FeatureProfile, counts: Counts) -> Distances | None:
    """How far a window's counts are from the reference; None where either has no values."""
    own = profile.reference()
    p, q = both_cells(profile, own, counts)
    if not p.sum() or not q.sum():
        return None
    js, chi = _of_few(p.tolist(), q.tolist()) if len(p) <= FEW else _of_many(p, q)
    shift = mean_shift(own.moments, counts.moments)
    return Distances(
        js,
        None if chi is None else chi[0],
        None if chi is None else chi[1],
        _finite(ks_of(profile, p, q)),
        _finite(_wasserstein(profile, own, counts)),
        None if shift is None else _finite(shift.value),
        None if shift is None else _finite(shift.p),
        _finite(deviation_ratio(own.moments, counts.moments)),
    )


_OfCells = tuple[float, tuple[float, float] | None]
"""JS distance, and χ² with its p (None: one bin alone)."""


def _of_many(p: Floats, q: Floats) -> _OfCells:
    value, tail, kept = chi_square(p, q, FEWEST)
    return js_distance(p, q), (value, tail) if kept > 1 else None


def _of_few(p: list[float], q: list[float]) -> _OfCells:
    """The same in one pass without arrays, each of whose operations costs more than a dozen numbers."""
    held, size = sum(p), sum(q)
    share = min(held, size) / (held + size)
    parts = value = 0.0
    rest, rest_now, kept = 0.0, 0.0, 0
    for before, now in zip(p, q, strict=True):
        x, y = before / held, now / size
        middle = (x + y) / 2
        parts += (x * math.log2(x / middle) if x else 0.0) + (y * math.log2(y / middle) if y else 0.0)
        if (before + now) * share >= FEWEST:
            kept += 1
            value += _squares(before, now, held, size)
        else:
            rest, rest_now = rest + before, rest_now + now
    if rest + rest_now:
        kept += 1
        value += _squares(rest, rest_now, held, size)
    chi = (value, chi_square_tail(value, kept - 1)) if kept > 1 else None
    return math.sqrt(min(max(parts / 2, 0.0), 1.0)), chi


def _squares(before: float, now: float, held: float, size: float) -> float:
    """What a bin adds to χ²."""
    expected = (before + now) * held / (held + size)
    expected_now = (before + now) - expected
    return (before - expected) ** 2 / expected + (now - expected_now) ** 2 / expected_now


def _wasserstein(profile: FeatureProfile, own: Counts, counts: Counts) -> float | None:
    """In standard deviations of the reference; both sides' numbers as quantiles have them."""
    of, seen, shape = own.moments, counts.moments, counts.shape
    known = _reference_knots(profile, own)
    if known is None or not seen.n or not of.deviation > 0 or not shape.covers(seen.n):
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        apart = wasserstein_between(*known, *shape.settled().digest.knots(seen.least, seen.most))
    return apart / of.deviation


def _reference_knots(profile: FeatureProfile, own: Counts) -> tuple[Floats, Floats] | None:
    """Shares and the numbers that so many of the reference's are at most; None for an older one, which has none."""
    if profile.points:
        upto = np.cumsum(own.bins) / own.bins.sum()
        return np.repeat(np.append(0.0, upto), 2)[1:-1], np.repeat(np.array(profile.points), 2)
    return (KNOTS, np.array(profile.quantiles)) if profile.quantiles else None


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
