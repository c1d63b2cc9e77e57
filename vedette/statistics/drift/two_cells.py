"""The exact null distribution of a sum over two cells: with their total given, one count tells all."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Self

import numpy as np
from scipy.special import betaln, gammaln

from vedette.statistics.drift.saddlepoint import SMALLEST, Floats

WIDE = 12.0
"""Standard deviations of the count within which outcomes are listed."""
ALIKE = 1e-9
"""Of a value: statistics nearer than that are one."""
Term = Callable[[Floats, Floats], Floats]
"""From the window's counts and the matching numbers of the reference, what a cell adds."""


class TwoCells:
    """Of Σ term(window's count, reference's count) over two cells: `tail`, `quantile`."""

    __slots__ = ("_tails", "_values")

    def __init__(self, values: Floats, logs: Floats) -> None:
        """The statistic of each outcome, and the logarithm of its probability but for a constant."""
        order = np.argsort(values)
        chances = np.exp(logs - logs.max())[order]
        self._values = values[order]
        self._tails = np.append(np.cumsum((chances / chances.sum())[::-1])[::-1], 0.0)

    @classmethod
    def pooled(cls, totals: tuple[float, float], window: int, reference: int, term: Term) -> Self:
        """With the pooled counts `totals`: the window's count of the first cell is hypergeometric."""
        first, second = totals
        rows = window + reference
        mean = first * window / rows
        reach = WIDE * math.sqrt(mean * (second / rows) * (reference / rows)) + 30
        low, high = max(0.0, window - second, math.floor(mean - reach)), min(first, window, math.ceil(mean + reach))
        count = np.arange(low, high + 1)
        other = window - count
        logs = -gammaln(count + 1) - gammaln(first - count + 1) - gammaln(other + 1) - gammaln(second - other + 1)
        return cls(term(count, first - count) + term(other, second - other), logs)

    @classmethod
    def spaced(cls, spacings: Floats, reference: Floats, window: int, term: Term) -> Self:
        """With the Dirichlet parameters `spacings`: the window's count of the first bin is beta-binomial."""
        first, second = spacings.tolist()
        total = first + second
        mean = window * first / total
        reach = WIDE * math.sqrt(mean * (second / total) * (total + window) / (total + 1)) + 30
        count = np.arange(max(0.0, math.floor(mean - reach)), min(window, math.ceil(mean + reach)) + 1)
        other = window - count
        logs = betaln(count + first, other + second) - gammaln(count + 1) - gammaln(other + 1)
        held = np.broadcast_to(reference[:, None], (2, len(count)))
        return cls(term(count, held[0]) + term(other, held[1]), logs)

    def tail(self, value: float) -> float:
        """P(T > value) + P(T = value)/2."""
        near = ALIKE * max(abs(value), ALIKE)
        low, high = np.searchsorted(self._values, [value - near, value + near])
        return max(float(self._tails[low] + self._tails[high]) / 2, SMALLEST)

    def quantile(self, alpha: float) -> float:
        """Half-way between the least value whose tail is at most `alpha` and the one before; infinite without such."""
        values = self._values
        near = ALIKE * np.maximum(np.abs(values), ALIKE)
        low, high = np.searchsorted(values, values - near), np.searchsorted(values, values + near)
        beyond = (self._tails[low] + self._tails[high]) / 2 <= alpha
        last = len(values) if beyond.all() else int(np.flatnonzero(~beyond)[-1]) + 1
        return float(values[last - 1] + values[last]) / 2 if last < len(values) else math.inf

    def quantile_beside(self, alpha: float, value: float, tail: float) -> float:
        """`quantile`: here it costs little, and needs no value to start from."""
        return self.quantile(alpha)
