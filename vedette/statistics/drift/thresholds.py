"""Thresholds of the population stability index that know both sample sizes, for many values in each bin.

With N values in the reference and M in the window, quiet data's PSI is k χ²(B-1) with k = 1/M + 1/N. With a tolerated
drift δ (a PSI between the two populations that is nobody's business) it is k χ²(B-1, δ/k), noncentral. Both fit as far
as bins hold many values; `significance` has the exact distribution, and these for comparison.
Source: Yurdakul and Naranjo, "Statistical properties of the population stability index", J. Risk Model Validation 2020.
"""

from __future__ import annotations

import math

from scipy.special import chdtrc, chdtri, chndtr, chndtrix

from vedette.errors import InvalidInput

ALPHA = 0.05
SMALLEST_REFERENCE = 50
"""Rows a reference needs before anything is decided against it."""


def smallest_window(bins: int) -> int:
    """Rows that a window needs for PSI to find anything worth finding."""
    return max(10 * bins, 200)


def noise(window: int, reference: int) -> float:
    """k = 1/M + 1/N: what PSI is for each degree of freedom when nothing has drifted."""
    if window < 1 or reference < 1:
        raise InvalidInput("sample sizes", (window, reference), "at least 1 each")
    return 1 / window + 1 / reference


def psi_threshold(bins: int, window: int, reference: int, alpha: float = ALPHA, tolerated: float = 0.0) -> float:
    """PSI that quiet data exceeds with the probability `alpha`, for populations at most `tolerated` apart."""
    if not 0 < alpha < 1:
        raise InvalidInput("alpha", alpha, "above 0 and below 1")
    k = noise(window, reference)
    return math.inf if bins < 2 else k * chi_square_quantile(alpha, bins - 1, tolerated / k)


def psi_p(value: float, bins: int, window: int, reference: int, tolerated: float = 0.0) -> float:
    """P(PSI ≥ `value`) of quiet data, for populations `tolerated` apart; 1 for a single bin."""
    k = noise(window, reference)
    return 1.0 if bins < 2 else chi_square_tail(value / k, bins - 1, tolerated / k)


def chi_square_tail(value: float, freedom: int, noncentral: float = 0.0) -> float:
    """P(χ² ≥ value), central or not."""
    if noncentral <= 0:
        return float(chdtrc(freedom, max(value, 0.0)))
    return max(0.0, 1.0 - float(chndtr(max(value, 0.0), freedom, noncentral)))


def chi_square_quantile(alpha: float, freedom: int, noncentral: float = 0.0) -> float:
    """The value that χ² exceeds with the probability `alpha`, central or not."""
    if noncentral <= 0:
        return float(chdtri(freedom, alpha))
    return float(chndtrix(1 - alpha, freedom, noncentral))
