"""The normal distribution's tail and quantile."""

from __future__ import annotations

import math
from statistics import NormalDist

from vedette.errors import InvalidInput


def two_sided_p(z: float) -> float:
    """The probability that a standard normal number is at least as far from 0 as `z`."""
    return math.erfc(abs(z) / math.sqrt(2))


def quantile(probability: float) -> float:
    """The standard normal quantile; `InvalidInput` outside 0 to 1."""
    if not 0 < probability < 1:
        raise InvalidInput("probability", probability, "above 0 and below 1")
    return NormalDist().inv_cdf(probability)
