"""How surely a rate differs between two samples, and how often quiet data says so at a level.

Few rows give few outcomes: at 2.5 % a test of three missing values may alarm in 1 % of quiet windows, or in none. What
such a test leaves of its level the others of its window may use (`used`, and `multiplicity`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

import numpy as np
from scipy.special import betaln, gammaln

from vedette.statistics.drift.saddlepoint import Floats

Used = Callable[[float], float]
"""From a level to the chance that quiet data is at or below it, at most the level."""
REACH = 40
"""Standard deviations of a count within which outcomes are listed."""
FINE = 50
"""Standard deviations in counts from which a test's steps are too small for anything to be left of its level."""
MANY = 1_000_000
"""Numbers of a window from which the same is taken for granted of those beyond the range."""
ALIKE = 1e-7
"""Of a chance: outcomes nearer than that are as unlikely as one another."""


def rates_p(reference: int, of_reference: int, window: int, of_window: int) -> float | None:
    """Two-sided mid-p that a rate differs: `reference` of `of_reference` rows, `window` of `of_window`.

    Given both together, the window's number is hypergeometric; outcomes as unlikely as this one count as extreme.
    None where the rate is 0 or 1 in both, or a side is empty. Source: Fisher's exact test.
    """
    both, rows = reference + window, of_reference + of_window
    if not of_reference or not of_window or both in (0, rows):
        return None
    first, chances = _outcomes(both, of_reference, of_window)
    if not first <= window < first + len(chances):
        return 1e-300
    own = chances[window - first]
    alike = np.abs(chances - own) <= ALIKE * own
    p = chances[(chances < own) & ~alike].sum() + chances[alike].sum() / 2
    return max(float(p), 1e-300)


@lru_cache(maxsize=4096)
def rates_used(both: int, of_reference: int, of_window: int, level: float) -> float:
    """The chance that quiet data of these sizes, `both` in both samples together, has a `rates_p` that `level` allows.

    The largest sum of the least likely outcomes that is not above `level`; 0 if the least likely is.
    """
    if _deviation(both, of_reference, of_window) > FINE:
        return level
    chances = np.sort(_outcomes(both, of_reference, of_window)[1])
    sums = np.cumsum(chances)
    last = np.append(chances[1:] - chances[:-1] > ALIKE * chances[1:], True)  # of outcomes that are alike
    allowed = sums[last & (sums <= level)]
    return float(allowed[-1]) if len(allowed) else 0.0


def beyond_range_p(window: int, of_window: int, of_reference: int) -> float | None:
    """One-sided mid-p that `window` of `of_window` numbers are beyond the least and most of `of_reference` ones.

    Quiet numbers are so too, one now and then: their number is beta-binomial (2, N - 1), whatever the distribution.
    None where a side is empty.
    """
    if not of_window or of_reference < 2:
        return None
    chances = _beyond(0, window, of_window, of_reference)
    upto = float(chances[:-1].sum())
    if upto < 0.999:
        return 1 - upto - float(chances[-1]) / 2
    tail = _beyond(window, min(window + 10_000, of_window), of_window, of_reference)
    return max(float(tail.sum() - tail[0] / 2), 1e-300)


@lru_cache(maxsize=4096)
def beyond_range_used(of_window: int, of_reference: int, level: float) -> float:
    """The chance that quiet data of these sizes has so many numbers beyond the range that `level` allows."""
    if of_window > MANY:
        return level
    most = 16
    while True:  # a tail falls at least as fast as a geometric one: few steps
        tails = 1 - np.cumsum(_beyond(0, min(most, of_window), of_window, of_reference))
        allowed = tails[tails <= level]
        if len(allowed):
            return max(0.0, float(allowed[0]))
        if most >= of_window:
            return 0.0
        most *= 4


def _outcomes(both: int, of_reference: int, of_window: int) -> tuple[int, Floats]:
    """The least number that the window may have, as far as it is likely at all, and the chance of it and all above."""
    rows = of_reference + of_window
    low, high = max(0, both - of_reference), min(both, of_window)
    mean = both * of_window / rows
    deviation = _deviation(both, of_reference, of_window) + 1
    first = max(low, int(mean - REACH * deviation))
    number = np.arange(first, min(high, int(mean + REACH * deviation)) + 1, dtype=np.float64)
    logs = _choose(both, number) + _choose(rows - both, of_window - number)
    chances = np.exp(logs - logs.max())
    return first, chances / chances.sum()


def _deviation(both: int, of_reference: int, of_window: int) -> float:
    rows = of_reference + of_window
    return math.sqrt(both * of_window / rows * (1 - of_window / rows) * (1 - both / rows))


def _beyond(first: int, last: int, of_window: int, of_reference: int) -> Floats:
    """The chance that `first` to `last` of the window's numbers are beyond the range."""
    number = np.arange(first, last + 1, dtype=np.float64)
    logs = _choose(of_window, number) + betaln(2 + number, of_reference - 1 + of_window - number)
    return np.asarray(np.exp(logs - betaln(2, of_reference - 1)))


def _choose(n: float, k: Floats) -> Floats:
    return np.asarray(gammaln(n + 1) - gammaln(k + 1) - gammaln(n - k + 1))
