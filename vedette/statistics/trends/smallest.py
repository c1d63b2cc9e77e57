"""The floor of what can be found: the smallest change that the present traffic shows, and how long one takes."""

from __future__ import annotations

import math

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.trends.normal import quantile
from vedette.statistics.trends.runlength import run_length, score_threshold
from vedette.statistics.trends.trinomial import Trinomial


def samples_needed(reference: Trinomial, change: float, alpha: float = 0.01, power: float = 0.8) -> int:
    """Checks before and as many after, so that a two-sided test at level `alpha` sees `change` with `power`."""
    if change == 0:
        raise InvalidInput("change", change, "any other than 0")
    spread = quantile(1 - alpha / 2) + quantile(power)
    return math.ceil(2 * reference.variance * (spread / change) ** 2)


def smallest_change(reference: Trinomial, samples: int, alpha: float = 0.01, power: float = 0.8) -> float:
    """The smallest change of Apdex that `samples` checks before and as many after show."""
    if samples < 1:
        raise InvalidInput("samples", samples, "at least 1")
    return (quantile(1 - alpha / 2) + quantile(power)) * math.sqrt(2 * reference.variance / samples)


def mean_delay(reference: Trinomial, change: float, checks: int, wanted: float) -> float:
    """Buckets until a two-sided CUSUM made for `change` finds it, with a false alarm in `wanted` buckets.

    It begins at zero, so this is a little longer than what a chart that has been running needs.
    """
    deviation = math.sqrt(reference.variance / checks)
    k = abs(change) / deviation / 2
    down = change < 0
    height = score_threshold(reference, checks, k, 2 * wanted, down=down)
    z, probabilities = reference.standardised(checks, true=reference.shifted(change))
    return run_length(np.asarray((-z if down else z) - k), probabilities, height)
