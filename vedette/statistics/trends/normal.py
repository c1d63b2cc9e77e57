"""The normal distribution's tail and quantile, and Benjamini and Hochberg's rule for many tests at once."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.trends.trinomial import Floats


def two_sided_p(z: float) -> float:
    """The probability that a standard normal number is at least as far from 0 as `z`."""
    return math.erfc(abs(z) / math.sqrt(2))


def quantile(probability: float) -> float:
    """The standard normal quantile; `InvalidInput` outside 0 to 1."""
    if not 0 < probability < 1:
        raise InvalidInput("probability", probability, "above 0 and below 1")
    return NormalDist().inv_cdf(probability)


def discoveries(p_values: npt.ArrayLike, rate: float) -> npt.NDArray[np.bool_]:
    """Which of many tests to believe, so that a share of at most `rate` of them is expected to be false.

    NaN (no test) is never believed and not counted. Source: Benjamini and Hochberg, JRSS B 1995.
    """
    if not 0 < rate < 1:
        raise InvalidInput("false discovery rate", rate, "above 0 and below 1")
    p: Floats = np.asarray(p_values, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    ordered = np.sort(p[tested])
    passed = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    believed = np.zeros(p.shape, np.bool_)
    if len(passed):
        believed[tested] = p[tested] <= ordered[passed[-1]]
    return believed
