"""Before and after: the difference of two Apdex scores with its uncertainty, as for a release marker."""

from __future__ import annotations

import math
from dataclasses import dataclass

from vedette.errors import InvalidInput
from vedette.statistics.trends.normal import quantile, two_sided_p


@dataclass(frozen=True, slots=True)
class Comparison:
    """After less before: the difference, its interval (`low` to `high`), z and two-sided p."""

    before: float
    after: float
    difference: float
    low: float
    high: float
    z: float
    p: float


def compare(before: tuple[int, int, int], after: tuple[int, int, int], confidence: float = 0.95) -> Comparison | None:
    """Compare (satisfied, tolerating, frustrated) of two windows; None where one has no checks.

    z = (A₂-A₁)/√(v₁/n₁+v₂/n₂). One check is added to each window, spread over the zones like both windows together
    (half a check of each zone at least), for the variance only: so ten checks that are all satisfied are not certain.
    """
    for name, counts in (("before", before), ("after", after)):
        if min(counts) < 0:
            raise InvalidInput(name, counts, "counts of at least 0")
    if not sum(before) or not sum(after):
        return None
    first, second = _score(before), _score(after)
    pooled = [a + b + 0.5 for a, b in zip(before, after, strict=True)]
    error = math.sqrt(_variance(before, pooled) + _variance(after, pooled))
    difference = second - first
    z = difference / error
    reach = quantile((1 + confidence) / 2) * error
    low, high = max(-1.0, difference - reach), min(1.0, difference + reach)
    return Comparison(first, second, difference, low, high, z, two_sided_p(z))


def _score(counts: tuple[int, int, int]) -> float:
    return (counts[0] + counts[1] / 2) / sum(counts)


def _variance(counts: tuple[int, int, int], pooled: list[float]) -> float:
    """Of the mean score of the window."""
    total = sum(counts)
    shares = [(c + p / sum(pooled)) / (total + 1) for c, p in zip(counts, pooled, strict=True)]
    mean = shares[0] + shares[1] / 2
    return (shares[0] + shares[1] / 4 - mean * mean) / total
