"""How surely a window differs from its reference: p-values that hold at any two sample sizes.

A p-value is right when quiet data is below any level as often as the level says, at 5 % as at .05 %: with a hundred
features, the correction for many tests asks for the far tail. So PSI's comes from the exact distribution of its counts
(`nulls`; of rates see `rates`). Counts are whole numbers, so p-values have steps; these are mid-p: P(more) + ½ P(as
much).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from vedette.statistics.drift.chi_square import FEWEST, chi_square, folded
from vedette.statistics.drift.counts import Moments
from vedette.statistics.drift.distances import ks_statistic, psi_terms
from vedette.statistics.drift.nulls import pooled, spaced
from vedette.statistics.drift.saddlepoint import ConditionalSum, Floats
from vedette.statistics.drift.thresholds import chi_square_quantile, chi_square_tail, noise
from vedette.statistics.drift.two_cells import TwoCells

RARE = 1.0
"""Values expected in a bin, on the smaller side, below which PSI counts it with the other rare ones."""
SCREENED_AT = 2.0
"""With so many values expected in the smallest of three bins or more, on the smaller side, p is nowhere below .75 of
the tail of χ² if it is pooled (70,000 quiet pairs). So a test with a tail of two alphas decides nothing."""
RESOLVED = 1e-6
"""p-values below are orders of magnitude only."""
QUIET = ((50.0, 0.5), (150.0, 0.12))
"""With so many values expected in the smallest bin, on the smaller side, a tail of χ² above the other number is p:
within 5 % of what the exact null distribution gives, which then need not be computed."""
EXACT_KS = 1_000_000
"""Pairs of values up to which the Kolmogorov-Smirnov p-value is counted out; above, its limit is as good."""


@dataclass(frozen=True, slots=True)
class Tested:
    """A statistic's value, what quiet data exceeds with the probability alpha, its p, and the bins it came from.

    Decisions go by p. PSI's threshold is true within a few per cent, and always on the side of the value that p says.
    """

    value: float
    threshold: float
    p: float
    bins: int


def psi_test(
    reference: npt.ArrayLike,
    window: npt.ArrayLike,
    *,
    is_spaced: bool,
    alpha: float = 0.05,
    tolerated: float = 0.0,
    screen: float = math.inf,
) -> Tested | None:
    """PSI with its exact threshold and p; None where there is nothing to compare: a side or all but one bin empty.

    `is_spaced` says that the bins were fitted on the reference as quantiles (`FeatureProfile.spaced`). `tolerated` is
    a PSI between the populations that does not count as drift. A tail of χ² above `screen` is taken for p, as soon as
    there are `SCREENED_AT` values in each bin, if it is not spaced.
    """
    p, q = np.asarray(reference, np.float64), np.asarray(window, np.float64)
    if not is_spaced:
        p, q, _ = folded(p, q, fewest=RARE)
    size, held = int(q.sum()), int(p.sum())
    if len(p) < 2 or not size or not held:
        return None
    value = float(psi_terms(q, p, size, held, len(p)).sum())
    k, freedom = noise(size, held), len(p) - 1
    tail, level = chi_square_tail(value / k, freedom), k * chi_square_quantile(alpha, freedom)
    if not _is_plain(tail, p, q, size, held, is_spaced, screen):
        null: ConditionalSum | TwoCells
        null = _spaced_null(tuple(p.tolist()), size) if is_spaced else _pooled_null(tuple((p + q).tolist()), size, held)
        tail = null.tail(value)
        level = null.quantile_beside(alpha, value, tail)
    if tolerated <= 0:
        return Tested(value, level, tail if tail > RESOLVED else _beyond(tail, value / k, freedom), len(p))
    # As far out as χ² would be with this p; then the same distance under the noncentral one.
    ratio = level / (k * chi_square_quantile(alpha, freedom))
    threshold = ratio * k * chi_square_quantile(alpha, freedom, tolerated / k)
    return Tested(value, threshold, chi_square_tail(value / k / ratio, freedom, tolerated / k), len(p))


def _is_plain(tail: float, p: Floats, q: Floats, size: int, held: int, is_spaced: bool, screen: float) -> bool:
    """Whether χ² is as good as the exact distribution for a value with this `tail` of it, or good enough for `screen`:
    see `QUIET` and `SCREENED_AT`."""
    if len(p) < 3 or tail < min(QUIET[1][1], screen):
        return False
    # By what is given, not by what the window happens to have: where bins are small must not depend on the outcome.
    least = min(p.min(), size / len(p)) if is_spaced else (p + q).min() * min(size, held) / (size + held)
    levels = QUIET if is_spaced else (*QUIET, (SCREENED_AT, screen))
    return bool(any(least >= many and tail >= above for many, above in levels))


def _beyond(tail: float, value: float, freedom: int) -> float:
    return min(tail, RESOLVED, max(chi_square_tail(value, freedom), 1e-300))


@lru_cache(maxsize=4096)
def _spaced_null(reference: tuple[float, ...], size: int) -> ConditionalSum | TwoCells:
    held = np.array(reference)
    total, bins = held.sum(), len(held)
    spacings = np.full(bins, (total - 1) / bins)
    spacings[[0, -1]] += 1  # what is beyond the least and the most value of the reference
    spread = _steadiness(int(total), bins)

    def term(window: Floats, reference: Floats) -> Floats:
        return psi_terms(window, reference, size, total, bins)

    if bins == 2:
        return TwoCells.spaced(spacings * spread, held, size, term)
    return spaced(spacings, held, size, term, spread)


@lru_cache(maxsize=1024)
def _pooled_null(totals: tuple[float, ...], size: int, held: int) -> ConditionalSum | TwoCells:
    def term(window: Floats, reference: Floats) -> Floats:
        return psi_terms(window, reference, size, held, len(totals))

    if len(totals) == 2:
        return TwoCells.pooled((totals[0], totals[1]), size, held, term)
    return pooled(totals, size, held, term)


@lru_cache(maxsize=1024)
def _steadiness(total: int, bins: int) -> float:
    """How much less the share between interpolated quantiles varies than between order statistics; 1 for many values.

    An edge between two values splits the gap there; the variance of a sum of gaps with such weights is known.
    """
    gaps = total + 1
    at = np.concatenate([[0.0], (total - 1) * np.arange(1, bins) / bins + 1, [float(gaps)]])
    part = at - np.floor(at)
    width = np.diff(at)
    first, last = np.where(part[:-1] > 0, 1 - part[:-1], 0.0), part[1:]
    squares = width - first - last + first**2 + last**2
    variance = (squares * gaps - width**2).sum() / (gaps**2 * (gaps + 1))
    share = width / gaps
    return max(1.0, float(((share * (1 - share)).sum() / variance - 1) / gaps))


def chi_square_test(reference: npt.ArrayLike, window: npt.ArrayLike, alpha: float = 0.05) -> Tested:
    """Pearson's χ² with rare categories folded, exactly as in textbooks; p = 1 for a single category."""
    value, p, bins = chi_square(reference, window, FEWEST)
    return Tested(value, math.inf if bins < 2 else chi_square_quantile(alpha, bins - 1), p, bins)


def ks_test(reference: npt.ArrayLike, window: npt.ArrayLike, alpha: float = 0.05) -> Tested | None:
    """Kolmogorov and Smirnov's statistic of two samples with its p (exact for small ones); None without values.

    The threshold is that of large samples: √(-ln(alpha/2)/2 · (1/M + 1/N)).
    """
    first, second = (np.asarray(side, np.float64).ravel() for side in (reference, window))
    first, second = first[~np.isnan(first)], second[~np.isnan(second)]
    if not len(first) or not len(second):
        return None
    from scipy.stats import ks_2samp  # takes a while to import; few ask for it

    method = "exact" if len(first) * len(second) <= EXACT_KS else "asymp"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # it takes the limit where it cannot count out
        p = float(ks_2samp(first, second, method=method).pvalue)
    threshold = math.sqrt(-math.log(alpha / 2) / 2 * noise(len(second), len(first)))
    return Tested(ks_statistic(first, second), threshold, p, 0)


def mean_shift(reference: Moments, window: Moments) -> Tested | None:
    """The window's mean less the reference's in standard deviations of the reference, with Welch's p (normal limit)."""
    if reference.n < 2 or window.n < 2:
        return None
    error = math.sqrt(reference.variance / reference.n + window.variance / window.n)
    apart = window.mean - reference.mean
    if not reference.deviation > 0 or not error > 0:
        return Tested(0.0 if apart == 0 else math.copysign(math.inf, apart), 0.0, 1.0 if apart == 0 else 0.0, 0)
    return Tested(
        apart / reference.deviation, 1.96 * error / reference.deviation, 2 * float(ndtr(-abs(apart / error))), 0
    )


def deviation_ratio(reference: Moments, window: Moments) -> float | None:
    """The window's standard deviation over the reference's; None where there is none."""
    if reference.n < 2 or window.n < 2 or not reference.variance > 0:
        return None
    return window.deviation / reference.deviation
