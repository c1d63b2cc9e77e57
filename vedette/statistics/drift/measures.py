"""Measures: how far a window lies from its reference, beside what was tested; from counts and moments alone."""

from __future__ import annotations

import math

import msgspec
import numpy as np

from vedette.statistics.drift.chi_square import FEWEST, chi_square
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.distances import Floats, js_distance, ks_binned, wasserstein_between
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.significance import deviation_ratio, mean_shift
from vedette.statistics.drift.thresholds import chi_square_tail

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


def in_order(profile: FeatureProfile, p: Floats, q: Floats) -> tuple[Floats, Floats] | None:
    """Cells that are in the order of their numbers; None where there is none, or where numbers are in no bin."""
    if profile.kind not in ("numeric", "text_length") or p[profile.bins :].any() or q[profile.bins :].any():
        return None
    return p[: profile.bins], q[: profile.bins]


def measure(profile: FeatureProfile, counts: Counts) -> Distances | None:
    """How far a window's counts are from the reference; None where either has no values."""
    own = profile.reference()
    p, q = both_cells(profile, own, counts)
    if not p.sum() or not q.sum():
        return None
    js, chi, ks = _of_few(p.tolist(), q.tolist()) if len(p) <= FEW else _of_many(p, q)
    ordered = in_order(profile, p, q)
    wasserstein = None if ordered is None else _wasserstein(profile, own, counts, ordered)
    shift = mean_shift(own.moments, counts.moments)
    return Distances(
        js,
        None if chi is None else chi[0],
        None if chi is None else chi[1],
        None if ordered is None else ks,
        _finite(wasserstein),
        None if shift is None else _finite(shift.value),
        None if shift is None else _finite(shift.p),
        _finite(deviation_ratio(own.moments, counts.moments)),
    )


_OfCells = tuple[float, tuple[float, float] | None, float]
"""JS distance, χ² with its p (None: one bin alone), and KS in the order of the cells."""


def _of_many(p: Floats, q: Floats) -> _OfCells:
    value, tail, kept = chi_square(p, q, FEWEST)
    return js_distance(p, q), (value, tail) if kept > 1 else None, ks_binned(p, q)


def _of_few(p: list[float], q: list[float]) -> _OfCells:
    """The same in one pass without arrays, each of whose operations costs more than a dozen numbers."""
    held, size = sum(p), sum(q)
    share = min(held, size) / (held + size)
    parts = ks = below = value = 0.0
    rest, rest_now, kept = 0.0, 0.0, 0
    for before, now in zip(p, q, strict=True):
        x, y = before / held, now / size
        middle = (x + y) / 2
        parts += (x * math.log2(x / middle) if x else 0.0) + (y * math.log2(y / middle) if y else 0.0)
        below += x - y
        ks = max(ks, abs(below))
        if (before + now) * share >= FEWEST:
            kept += 1
            value += _squares(before, now, held, size)
        else:
            rest, rest_now = rest + before, rest_now + now
    if rest + rest_now:
        kept += 1
        value += _squares(rest, rest_now, held, size)
    chi = (value, chi_square_tail(value, kept - 1)) if kept > 1 else None
    return math.sqrt(min(max(parts / 2, 0.0), 1.0)), chi, ks


def _squares(before: float, now: float, held: float, size: float) -> float:
    """What a bin adds to χ²."""
    expected = (before + now) * held / (held + size)
    expected_now = (before + now) - expected
    return (before - expected) ** 2 / expected + (now - expected_now) ** 2 / expected_now


def _wasserstein(profile: FeatureProfile, own: Counts, counts: Counts, ordered: tuple[Floats, Floats]) -> float | None:
    """In standard deviations of the reference; the window's numbers as its digest has them."""
    of, seen = own.moments, counts.moments
    deviation = of.deviation
    if not seen.n or not deviation > 0:
        return None
    with np.errstate(over="ignore", invalid="ignore"):
        if not profile.by_edges:
            before, now = (np.cumsum(side) / side.sum() for side in ordered)
            return float(np.abs(before - now)[:-1] @ np.diff(profile.points)) / deviation
        held = np.cumsum(own.bins) / own.bins.sum()
        bounds = np.array([of.least, *profile.edges, of.most])
        apart = wasserstein_between(np.append(0.0, held), bounds, *counts.shape.digest.knots(seen.least, seen.most))
    return apart / deviation


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None
