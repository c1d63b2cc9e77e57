"""Distances between a reference and a window: how far, not how surely. For the latter see `significance`.

All but `wasserstein_distance` and `ks_statistic`, which take samples, take counts by bin (or shares).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.counts import Moments

Floats = npt.NDArray[np.float64]


def psi_terms(window: Floats, reference: Floats, window_size: float, reference_size: float, bins: int) -> Floats:
    """What each bin adds to the population stability index: (q - p) ln(q/p), natural logarithm.

    A bin that is empty on one side has the shares (c + ½)/(n + B/2) on both: that scales with the evidence, as a fixed
    small share would not. Arrays broadcast.
    """
    if window.size and reference.size and window.min() > 0 and reference.min() > 0:
        q, p = window / window_size, reference / reference_size
        return np.asarray((q - p) * np.log(q / p))
    empty = (window <= 0) | (reference <= 0)
    q = np.where(empty, (window + 0.5) / (window_size + bins / 2), window / window_size)
    p = np.where(empty, (reference + 0.5) / (reference_size + bins / 2), reference / reference_size)
    terms = (q - p) * np.log(q / p)
    return np.asarray(np.where((window <= 0) & (reference <= 0), 0.0, terms))


def psi(reference: npt.ArrayLike, window: npt.ArrayLike) -> float:
    """Population stability index, 0 to ∞; symmetric. NaN where a side has no values."""
    p, q = sides(reference, window)
    if not p.sum() or not q.sum():
        return math.nan
    return float(psi_terms(q, p, q.sum(), p.sum(), len(p)).sum())


def js_distance(reference: npt.ArrayLike, window: npt.ArrayLike) -> float:
    """Jensen and Shannon's distance to base 2: √(½ KL(p‖m) + ½ KL(q‖m)), 0 to 1. NaN where a side is empty."""
    p, q = sides(reference, window)
    if not p.sum() or not q.sum():
        return math.nan
    p, q = p / p.sum(), q / q.sum()
    middle = (p + q) / 2
    parts = sum(float(np.sum(side[side > 0] * np.log2(side[side > 0] / middle[side > 0]))) for side in (p, q))
    return math.sqrt(min(max(parts / 2, 0.0), 1.0))


def ks_binned(reference: npt.ArrayLike, window: npt.ArrayLike) -> float:
    """max |F - G| at the bins' edges, 0 to 1: at most the Kolmogorov-Smirnov statistic. NaN where a side is empty."""
    p, q = sides(reference, window)
    if not p.sum() or not q.sum():
        return math.nan
    return float(np.abs(np.cumsum(p) / p.sum() - np.cumsum(q) / q.sum()).max())


def ks_statistic(reference: npt.ArrayLike, window: npt.ArrayLike) -> float:
    """max |F - G| of two samples, 0 to 1, exact; NaN values are left out. NaN where a side is empty."""
    first, second = _sample(reference), _sample(window)
    if not len(first) or not len(second):
        return math.nan
    both = np.concatenate([first, second])
    below = np.searchsorted(first, both, side="right") / len(first)
    return float(np.abs(below - np.searchsorted(second, both, side="right") / len(second)).max())


def wasserstein_distance(reference: npt.ArrayLike, window: npt.ArrayLike) -> float:
    """Wasserstein's first distance of two samples in standard deviations of the reference, exact.

    0 for equal samples; ∞ where a reference that does not vary has moved. NaN where a side is empty.
    """
    first, second = _sample(reference), _sample(window)
    first, second = first[np.isfinite(first)], second[np.isfinite(second)]
    if not len(first) or not len(second):
        return math.nan
    both = np.sort(np.concatenate([first, second]))
    below = np.searchsorted(first, both[:-1], side="right") / len(first)
    apart = np.abs(below - np.searchsorted(second, both[:-1], side="right") / len(second))
    return _in_deviations(float(apart @ np.diff(both)), float(first.std()))


def wasserstein_binned(
    reference: npt.ArrayLike, window: npt.ArrayLike, edges: npt.ArrayLike, of: Moments, seen: Moments
) -> float:
    """Wasserstein's first distance from counts by bin, in standard deviations of the reference.

    `edges` are the inner ones; the outer bins reach to the least and most of either side (`of` the reference's moments,
    `seen` the window's). Within a bin, values count as spread evenly. NaN where a side is empty.
    """
    p, q = sides(reference, window)
    if not p.sum() or not q.sum():
        return math.nan
    bounds = np.array([min(of.least, seen.least), *np.asarray(edges, np.float64), max(of.most, seen.most)])
    gap = np.concatenate([[0.0], np.cumsum(p / p.sum() - q / q.sum())])
    gap[-1] = 0.0
    apart = float(_mean_apart(gap[:-1], gap[1:]) @ np.diff(bounds))
    return _in_deviations(apart, 0.0 if of.n < 2 else of.deviation)


def wasserstein_between(shares: Floats, values: Floats, seen_shares: Floats, seen_values: Floats) -> float:
    """Wasserstein's first distance of two distribution functions, in the unit of the values.

    Each is given by shares from 0 to 1, rising, and the values that so many are at most (rising, equal ones where it
    jumps), and is linear in between.
    """
    both = np.union1d(values, seen_values)
    after, before = np.nextafter(both[:-1], np.inf), np.nextafter(both[1:], -np.inf)
    left = np.interp(after, values, shares) - np.interp(after, seen_values, seen_shares)
    right = np.interp(before, values, shares) - np.interp(before, seen_values, seen_shares)
    return float(_mean_apart(left, right) @ np.diff(both))


def _mean_apart(left: Floats, right: Floats) -> Floats:
    """The mean of |x| on straight lines from left to right."""
    crossing = left * right < 0
    spread = np.where(crossing, np.abs(left) + np.abs(right), 1.0)
    return np.where(crossing, (left**2 + right**2) / (2 * spread), (np.abs(left) + np.abs(right)) / 2)


def movers(reference: npt.ArrayLike, window: npt.ArrayLike, most: int = 3) -> list[tuple[int, float, float]]:
    """The bins that add most to PSI: (bin, its share in the reference, its share in the window), most first."""
    p, q = sides(reference, window)
    held, size = float(p.sum()), float(q.sum())
    if not held or not size:
        return []
    terms = psi_terms(q, p, size, held, len(p))
    order = np.argsort(-terms, kind="stable")[:most].tolist()
    return [(one, float(p[one]) / held, float(q[one]) / size) for one in order if terms[one] > 0]


def _in_deviations(distance: float, deviation: float) -> float:
    if distance == 0:
        return 0.0
    return distance / deviation if deviation > 0 else math.inf


def sides(reference: npt.ArrayLike, window: npt.ArrayLike) -> tuple[Floats, Floats]:
    """Both as floats; `InvalidInput` unless they are counts by the same bins."""
    p, q = np.asarray(reference, np.float64), np.asarray(window, np.float64)
    if p.shape != q.shape or p.ndim != 1:
        raise InvalidInput("counts", f"{p.shape} and {q.shape}", "two lists of the same length")
    if len(p) and not (min(p.min(), q.min()) >= 0 and math.isfinite(p.sum() + q.sum())):  # NaN is not at least 0
        raise InvalidInput("counts", "negative or not finite", "counts of at least 0")
    return p, q


def _sample(values: npt.ArrayLike) -> Floats:
    array = np.asarray(values, np.float64).ravel()
    return np.sort(array[~np.isnan(array)])
