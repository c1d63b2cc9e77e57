"""Many tests at once: adjusted p-values, and which tests to believe."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

Floats = npt.NDArray[np.float64]


def benjamini_hochberg(p_values: npt.ArrayLike) -> Floats:
    """Adjusted p-values: at or below r, for the tests that a false discovery rate r lets one believe.

    NaN (no test) stays NaN and is not counted. Source: Benjamini and Hochberg, JRSS B 1995.
    """
    p, tested, order, ranks = _ranked(p_values)
    scaled = p[tested][order] * len(tested) / ranks
    adjusted = np.minimum(np.minimum.accumulate(scaled[::-1])[::-1], 1.0)
    return _placed(p, tested[order], adjusted)


def holm(p_values: npt.ArrayLike) -> Floats:
    """Adjusted p-values: at or below r, for tests of which any is false with a probability of at most r.

    NaN (no test) stays NaN and is not counted. Source: Holm, Scandinavian Journal of Statistics 1979.
    """
    p, tested, order, ranks = _ranked(p_values)
    scaled = p[tested][order] * (len(tested) + 1 - ranks)
    return _placed(p, tested[order], np.minimum(np.maximum.accumulate(scaled), 1.0))


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


def _ranked(p_values: npt.ArrayLike) -> tuple[Floats, npt.NDArray[np.int64], npt.NDArray[np.int64], Floats]:
    p: Floats = np.asarray(p_values, np.float64)
    tested = np.flatnonzero(~np.isnan(p))
    order = np.argsort(p[tested], kind="stable")
    return p, tested, order, np.arange(1.0, len(tested) + 1)


def _placed(p: Floats, where: npt.NDArray[np.int64], adjusted: Floats) -> Floats:
    out = np.full(p.shape, np.nan)
    out[where] = adjusted
    return out
