"""Cumulative sums of one monitor with known reference: the two-sided CUSUM of z, and that of the likelihood ratio.

Page, "Continuous inspection schemes", Biometrika 1954. `StepWatch` is the fleet's form, with a learned baseline.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from vedette.errors import InvalidInput
from vedette.statistics.trends.runlength import ratio_weights
from vedette.statistics.trends.trinomial import Trinomial

Counts = tuple[int, int, int]
"""Satisfied, tolerating and frustrated checks of one bucket."""


@dataclass(frozen=True, slots=True)
class Step:
    """What one bucket did: the statistic, whether it passed the threshold, how many buckets ago it was last zero."""

    statistic: float
    alarm: bool
    age: int


class Side:
    """One sum C = max(0, C + increment) with its threshold; it begins anew after an alarm."""

    __slots__ = ("_age", "statistic", "threshold")

    def __init__(self, threshold: float) -> None:
        if not threshold > 0:
            raise InvalidInput("threshold", threshold, "above 0")
        self.threshold, self.statistic, self._age = threshold, 0.0, 0

    def add(self, increment: float) -> Step:
        """Take one increment."""
        self.statistic = max(0.0, self.statistic + increment)
        self._age = self._age + 1 if self.statistic else 0
        step = Step(self.statistic, self.statistic > self.threshold, self._age)
        if step.alarm:
            self.statistic, self._age = 0.0, 0
        return step


class ScoreCusum:
    """Two sides of z = (A - A₀)/√(v₀/n) with reference value `k` (half the shift to find) and thresholds."""

    __slots__ = ("_k", "_reference", "down", "up")

    def __init__(self, reference: Trinomial, k: float, down: float, up: float) -> None:
        if reference.variance <= 0:
            raise InvalidInput("reference", reference, "more than one zone")
        self._reference, self._k, self.down, self.up = reference, k, Side(down), Side(up)

    def take(self, counts: Counts) -> tuple[Step, Step] | None:
        """The steps down and up of one bucket; None for a bucket without checks, which changes nothing."""
        checks = sum(counts)
        if not checks:
            return None
        apdex = (counts[0] + counts[1] / 2) / checks
        return self.take_z((apdex - self._reference.apdex) / math.sqrt(self._reference.variance / checks))

    def take_z(self, z: float) -> tuple[Step, Step]:
        """The same for a standardised error."""
        return self.down.add(-z - self._k), self.up.add(z - self._k)


class RatioCusum:
    """The log-likelihood-ratio CUSUM from a reference to one given change: Σ count·ln(p₁/p₀)."""

    __slots__ = ("_weights", "side")

    def __init__(self, reference: Trinomial, changed: Trinomial, threshold: float) -> None:
        self._weights, self.side = ratio_weights(reference, changed), Side(threshold)

    def take(self, counts: Counts) -> Step:
        """The step of one bucket."""
        return self.side.add(sum(w * c for w, c in zip(self._weights, counts, strict=True)))
