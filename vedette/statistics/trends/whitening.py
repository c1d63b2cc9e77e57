"""Autocorrelation: errors of neighbouring buckets that resemble each other, made independent for the charts.

The lag-one correlation φ of each monitor's standardised errors is estimated on the way (old ones fade over two
weeks). What enters the charts is (z - φ z₋₁)/√(1-φ²), in which a lasting shift of z is smaller by √((1-φ)/(1+φ)).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.trinomial import Floats

_DECAY = 1 - 1 / 4032
_PRIOR = 25.0
"""Pairs of independent errors that everybody is credited with."""
MOST = 0.8
"""The largest φ that is taken out."""


class Whitening:
    """The correlation of each row's errors, and its last one."""

    def __init__(self) -> None:
        self._squares: Floats = np.zeros(0)
        self._products: Floats = np.zeros(0)
        self._pairs: Floats = np.zeros(0)
        self._last: Floats = np.zeros(0)
        self._last_ms = np.zeros(0, np.int64)

    def grow(self, rows: int) -> None:
        """Make room for `rows` monitors in all."""
        more = max(0, rows - len(self._last))
        for name in ("_squares", "_products", "_pairs", "_last"):
            setattr(self, name, np.concatenate([getattr(self, name), np.zeros(more)]))
        self._last_ms = np.concatenate([self._last_ms, np.full(more, -1, np.int64)])

    def correlation(self, rows: npt.NDArray[np.int64]) -> Floats:
        """φ of `rows`, from 0 to `MOST`; one within two standard errors of 0 counts as 0."""
        phi = self._products[rows] / (self._squares[rows] + _PRIOR)
        chance = 2 / np.sqrt(self._pairs[rows] + _PRIOR)
        return np.asarray(np.where(phi > chance, np.minimum(phi, MOST), 0.0))

    def spread(self, rows: npt.NDArray[np.int64]) -> Floats:
        """The errors' standard deviation where it is surely above 1 (checks of a bucket that fail together), else 1."""
        pairs = self._pairs[rows]
        mean = (self._squares[rows] + _PRIOR) / (pairs + _PRIOR)
        return np.asarray(np.sqrt(np.maximum(mean - 3 * np.sqrt(2 / (pairs + _PRIOR)), 1.0)))

    def whitened(self, time_ms: int, step_ms: int, rows: npt.NDArray[np.int64], z: Floats) -> Floats:
        """The independent part of `z`; after a gap, where the last error is not the neighbour, all of it."""
        phi = self.correlation(rows)
        follows = self._last_ms[rows] == time_ms - step_ms
        last = self._last[rows]
        white = np.where(follows, (z - phi * last) / np.sqrt(1 - phi * phi), z)
        weight = np.where(follows, 1.0, 0.0)
        limited = np.clip(z, -6.0, 6.0)  # one outage must not tell what neighbours have in common
        fading = np.where(follows, _DECAY, 1.0)
        self._squares[rows] = self._squares[rows] * fading + weight * limited**2
        self._products[rows] = self._products[rows] * fading + weight * limited * np.clip(last, -6.0, 6.0)
        self._pairs[rows] = self._pairs[rows] * fading + weight
        self._last[rows] = z
        self._last_ms[rows] = time_ms
        return white

    def forget(self, row: int) -> None:
        """Make `row` new."""
        self._squares[row] = self._products[row] = self._pairs[row] = self._last[row] = 0
        self._last_ms[row] = -1

    @staticmethod
    def skewed(skewness: Floats, phi: Floats) -> Floats:
        """Skewness of the independent part, where z has `skewness` towards the alarm.

        Where it is positive, rare bad checks make it, and those that stay bad for a while come in runs: a check that
        stays what it was with probability φ does so for L buckets, and E[L³] gives 1 + 4φ + φ² for long sums.
        """
        runs, linear = (1 + 4 * phi + phi**2) * (1 - phi), 1 - phi**3
        return np.asarray(skewness * np.where(skewness > 0, runs, linear) / (1 - phi**2) ** 1.5)
