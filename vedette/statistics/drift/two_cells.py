"""The exact null distribution of a sum over two cells: with their total given, one count tells all."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
from scipy.special import gammaln

from vedette.statistics.drift.saddlepoint import SMALLEST, Floats

WIDE = 12.0
"""Standard deviations of the count within which outcomes are listed."""
ALIKE = 1e-9
"""Of a value: statistics nearer than that are one."""


class TwoCells:
    """Of Σ term(window's count, reference's count) over two cells with the pooled counts `totals`: `tail`, `quantile`.

    The window's count of the first cell is hypergeometric.
    """

    __slots__ = ("_chances", "_values")

    def __init__(
        self, totals: tuple[float, float], window: int, reference: int, term: Callable[[Floats, Floats], Floats]
    ) -> None:
        first, second = totals
        rows = window + reference
        mean = first * window / rows
        reach = WIDE * math.sqrt(mean * (second / rows) * (reference / rows)) + 30
        low, high = max(0.0, window - second, math.floor(mean - reach)), min(first, window, math.ceil(mean + reach))
        count = np.arange(low, high + 1)
        other = window - count
        logs = -gammaln(count + 1) - gammaln(first - count + 1) - gammaln(other + 1) - gammaln(second - other + 1)
        chances = np.exp(logs - logs.max())
        values = term(count, first - count) + term(other, second - other)
        order = np.argsort(values)
        self._values, self._chances = values[order], chances[order] / chances.sum()

    def tail(self, value: float) -> float:
        """P(T > value) + P(T = value)/2."""
        near = ALIKE * max(abs(value), ALIKE)
        low, high = np.searchsorted(self._values, [value - near, value + near])
        return max(float(self._chances[high:].sum() + self._chances[low:high].sum() / 2), SMALLEST)

    def quantile(self, alpha: float) -> float:
        """Half-way between the least value whose tail is at most `alpha` and the one before; infinite without such."""
        for index in range(len(self._values) - 1, 0, -1):
            if self.tail(float(self._values[index - 1])) > alpha:
                kept = self.tail(float(self._values[index])) <= alpha
                return float(self._values[index - 1] + self._values[index]) / 2 if kept else math.inf
        return math.inf

    def quantile_beside(self, alpha: float, value: float, tail: float) -> float:
        """`quantile`: here it costs little, and needs no value to start from."""
        return self.quantile(alpha)
