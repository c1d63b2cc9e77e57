"""Many tests at once: adjusted p-values, and which tests to believe."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

Floats = npt.NDArray[np.float64]
LEAST_WEIGHT = 0.25
"""Of a test that leaves its share of the level to others."""


def benjamini_hochberg(p_values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Floats:
    """Adjusted p-values: at or below r, for the tests that a false discovery rate r lets one believe.

    NaN (no test) stays NaN and is not counted. `weights` have a mean of 1 over the tests: a test of weight 2 may use
    twice its share of the level, one of weight 0 says nothing (1). No adjusted value is below its p.
    Sources: Benjamini and Hochberg, JRSS B 1995; Genovese, Roeder and Wasserman, Biometrika 2006 (weights).
    """
    p, tested, shared, _ = _weighted(p_values, weights)
    order = np.argsort(shared, kind="stable")
    scaled = shared[order] * len(tested) / np.arange(1.0, len(tested) + 1)
    adjusted = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return _placed(p, tested[order], adjusted)


def holm(p_values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> Floats:
    """Adjusted p-values: at or below r, for tests of which any is false with a probability of at most r.

    NaN (no test) stays NaN and is not counted; `weights` as above. Source: Holm, Scandinavian Journal of Statistics
    1979, who has weights too.
    """
    p, tested, shared, weight = _weighted(p_values, weights)
    order = np.argsort(shared, kind="stable")
    left = np.cumsum(weight[order][::-1])[::-1]  # the weight of this test and all behind it
    adjusted = np.minimum(np.maximum.accumulate(shared[order] * np.maximum(left, 1e-300)), 1.0)
    return _placed(p, tested[order], adjusted)


def share_out(used: npt.ArrayLike, level: float) -> Floats:
    """Weights for tests of one window: what some leave of `level`, their share, goes to those that can use it.

    `used`: for each test the chance that it is believed at `level` if nothing is wrong, at most `level`; NaN for those
    that use all of whatever they get. So quiet data alarms as often as it may, however few outcomes some tests have.
    Without any that can use more, all weights are 1. None is below `LEAST_WEIGHT`: many that move a little together are
    believed at a higher level than one alone.
    """
    taken: Floats = np.asarray(used, np.float64)
    takers = np.isnan(taken)
    if not takers.any():
        return np.ones(len(taken))
    weights = np.where(takers, 0.0, np.maximum(taken / level, LEAST_WEIGHT))
    weights[takers] = (len(taken) - weights.sum()) / takers.sum()
    return weights


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


def _weighted(
    p_values: npt.ArrayLike, weights: npt.ArrayLike | None
) -> tuple[Floats, npt.NDArray[np.int64], Floats, Floats]:
    """All p; which are tests; of these p over weight, and weight."""
    p: Floats = np.asarray(p_values, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    weight = np.ones(len(tested)) if weights is None else np.asarray(weights, np.float64)[tested]
    shared = np.full(len(tested), np.inf)
    np.divide(p[tested], weight, out=shared, where=weight > 0)
    return p, tested, shared, weight


def _placed(p: Floats, where: npt.NDArray[np.int64], adjusted: Floats) -> Floats:
    out = np.full(p.shape, np.nan)
    out[where] = np.maximum(adjusted, p[where])
    return out
