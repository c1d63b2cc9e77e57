"""Control charts: limits for means, standard deviations and shares of subgroups, learned from a reference.

Source: Montgomery, Introduction to Statistical Quality Control, chapters 6 and 7.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from vedette.errors import InvalidInput

Chart = Literal["mean", "deviation", "share"]
WIDTH = 3.0
"""Standard deviations from the centre to a limit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """A chart's centre line and control limits, and the standard deviation of a point (a third of their distance).

    `lower` of a deviation or a share is at least 0: such a chart may have no room downwards.
    """

    chart: Chart
    centre: float
    lower: float
    upper: float
    sigma: float

    def out(self, value: float) -> bool:
        """Whether a point is out of control: beyond a limit, exactly on it, or no number at all.

        A limit that nothing can be beyond (0 of a deviation, 0 or 1 of a share) is none. Where nothing varied, whatever
        is not the centre is out.
        """
        if math.isnan(value):
            return True
        if not self.sigma > 0:
            return value != self.centre
        floor = self.chart != "mean" and self.lower <= 0
        ceiling = self.chart == "share" and self.upper >= 1
        return (value >= self.upper and not ceiling) or (value <= self.lower and not floor)


def c4(n: int) -> float:
    """Expected standard deviation of a sample of `n` normal values, in their true one."""
    if n < 2:
        raise InvalidInput("subgroup size", n, "at least 2")
    if n > 1000:  # there the difference of the two logarithms would be lost
        return 1 - 1 / (4 * n) - 7 / (32 * n**2) - 19 / (128 * n**3)
    return math.sqrt(2 / (n - 1)) * math.exp(float(gammaln(n / 2) - gammaln((n - 1) / 2)))


def a3(n: int) -> float:
    """Limits of the mean: centre ± A3 s̄."""
    return WIDTH / (c4(n) * math.sqrt(n))


def b3(n: int) -> float:
    """Lower limit of the deviation: B3 s̄; 0 for small subgroups."""
    return max(0.0, 1 - WIDTH * math.sqrt(1 - c4(n) ** 2) / c4(n))


def b4(n: int) -> float:
    """Upper limit of the deviation: B4 s̄."""
    return 1 + WIDTH * math.sqrt(1 - c4(n) ** 2) / c4(n)


def mean_limits(centre: float, mean_deviation: float, n: int, width: float = WIDTH) -> Limits:
    """x-bar chart of subgroups of `n`: centre ± width s̄/(c4 √n), with s̄ the mean deviation within a subgroup."""
    sigma = _spread(mean_deviation) / (c4(n) * math.sqrt(n))
    return Limits("mean", centre, centre - width * sigma, centre + width * sigma, sigma)


def deviation_limits(mean_deviation: float, n: int, width: float = WIDTH) -> Limits:
    """S chart of subgroups of `n`: s̄ (1 ± width √(1 - c4²)/c4), not below 0; B3 s̄ to B4 s̄ for a width of 3."""
    sigma = _spread(mean_deviation) * math.sqrt(1 - c4(n) ** 2) / c4(n)
    return Limits(
        "deviation", mean_deviation, max(0.0, mean_deviation - width * sigma), mean_deviation + width * sigma, sigma
    )


def share_limits(share: float, n: int, width: float = WIDTH) -> Limits:
    """p chart of subgroups of `n`: p ± width √(p (1 - p)/n), within 0 and 1."""
    if not 0 <= share <= 1 or n < 1:
        raise InvalidInput("share and size", (share, n), "0 to 1, and at least 1")
    sigma = math.sqrt(share * (1 - share) / n)
    return Limits("share", share, max(0.0, share - width * sigma), min(1.0, share + width * sigma), sigma)


def subgroups(values: npt.ArrayLike, n: int) -> tuple[float, float]:
    """Centre and s̄ of consecutive subgroups of `n` finite values; a rest shorter than `n` is left out."""
    array = np.asarray(values, np.float64).ravel()
    array = array[np.isfinite(array)]
    groups = array[: len(array) // n * n].reshape(-1, n) if n >= 2 else array[:0].reshape(0, 2)
    if not len(groups):
        raise InvalidInput("subgroups", f"{len(array)} values", f"at least {max(n, 2)}, in subgroups of at least 2")
    return float(groups.mean()), float(groups.std(axis=1, ddof=1).mean())


def _spread(mean_deviation: float) -> float:
    if not 0 <= mean_deviation < math.inf:
        raise InvalidInput("mean deviation", mean_deviation, "a number of at least 0")
    return mean_deviation
