"""The trinomial model of a bucket: of n checks S are satisfied, Tol tolerating and F frustrated, independently.

One check scores 1, 1/2 or 0, so a bucket's mean score is its Apdex.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

Floats = npt.NDArray[np.float64]
NEGLIGIBLE = 1e-14
"""Outcomes of a bucket that are less probable than this are left out."""


@dataclass(frozen=True, slots=True)
class Trinomial:
    """Probabilities of the three zones of one check."""

    satisfied: float
    tolerating: float
    frustrated: float

    def __post_init__(self) -> None:
        parts = (self.satisfied, self.tolerating, self.frustrated)
        if not all(0 <= part <= 1 for part in parts) or abs(sum(parts) - 1) > 1e-9:
            raise InvalidInput("probabilities", parts, "three numbers from 0 to 1 with the sum 1")

    @classmethod
    def of_counts(cls, satisfied: float, tolerating: float, frustrated: float) -> Trinomial:
        """The shares of counts; `InvalidInput` without any."""
        total = satisfied + tolerating + frustrated
        if total <= 0:
            raise InvalidInput("counts", (satisfied, tolerating, frustrated), "at least one check")
        return cls(satisfied / total, tolerating / total, frustrated / total)

    @property
    def apdex(self) -> float:
        """The expected score of a check."""
        return self.satisfied + self.tolerating / 2

    @property
    def variance(self) -> float:
        """Variance of one check's score: S + Tol/4 - A²."""
        return max(0.0, self.satisfied + self.tolerating / 4 - self.apdex**2)

    @property
    def skewness(self) -> float:
        """Skewness of one check's score (a bucket of n has it divided by √n); 0 where nothing varies."""
        if self.variance <= 0:
            return 0.0
        shares = np.array([self.satisfied, self.tolerating, self.frustrated])
        third = float(shares @ (np.array([1.0, 0.5, 0.0]) - self.apdex) ** 3)
        return third / float(self.variance**1.5)

    def shifted(self, change: float) -> Trinomial:
        """The nearest trinomial (in the sense of Kullback and Leibler) whose Apdex is larger by `change`.

        This is the exponential tilt p·exp(θ·score): what is most easily mistaken for the reference at that Apdex.
        """
        wanted = self.apdex + change
        reachable = [s for s, p in zip((1.0, 0.5, 0.0), self._shares(), strict=True) if p > 0]
        if not min(reachable) < wanted < max(reachable):
            raise InvalidInput(
                "change", change, f"one that leaves an Apdex within {min(reachable)} and {max(reachable)}"
            )
        low, high = -200.0, 200.0
        for _ in range(80):
            middle = (low + high) / 2
            low, high = (middle, high) if self._tilted(middle).apdex < wanted else (low, middle)
        return self._tilted((low + high) / 2)

    def _shares(self) -> tuple[float, float, float]:
        return self.satisfied, self.tolerating, self.frustrated

    def _tilted(self, theta: float) -> Trinomial:
        top = max(theta, 0.0)
        weights = [p * math.exp(theta * s - top) for p, s in zip(self._shares(), (1.0, 0.5, 0.0), strict=True)]
        total = sum(weights)
        return Trinomial(weights[0] / total, weights[1] / total, weights[2] / total)

    def bucket(self, checks: int) -> tuple[Floats, Floats]:
        """The distribution of the Apdex of a bucket of `checks`: its values and their probabilities."""
        if checks < 1:
            raise InvalidInput("checks", checks, "at least 1")
        one = np.array([self.frustrated, self.tolerating, self.satisfied])
        total, power, left = np.ones(1), one, checks
        while left:
            if left & 1:
                total = np.convolve(total, power)
            left >>= 1
            if left:
                power = np.convolve(power, power)
        likely = total > NEGLIGIBLE
        return np.arange(2 * checks + 1)[likely] / (2 * checks), total[likely] / total[likely].sum()

    def standardised(self, checks: int, *, true: Trinomial | None = None) -> tuple[Floats, Floats]:
        """The distribution of z = (A - A₀)/√(v₀/n) of a bucket whose checks follow `true` (default: this reference)."""
        if self.variance <= 0:
            raise InvalidInput("probabilities", self._shares(), "more than one zone")
        values, probabilities = (true or self).bucket(checks)
        return (values - self.apdex) / math.sqrt(self.variance / checks), probabilities
