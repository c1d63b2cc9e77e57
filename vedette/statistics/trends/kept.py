"""The buckets that are kept: the newest of each monitor, to tell when a change began, and to be learned late."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.trinomial import Floats

KEPT = 1152
"""Buckets of each monitor: four days. Longer than anything waits for being learned."""
_MOST = 65_535
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Start:
    """The most likely beginning of a change: its first bucket, the change of Apdex since, and the weight of that."""

    bucket: int
    size: float
    weight: float


def most_likely_start(times: npt.NDArray[np.int64], errors: Floats, weights: Floats, down: bool) -> Start | None:
    """Maximum likelihood over where a lasting change of unknown size began; None if nothing points that way.

    `errors` are observed less expected Apdex in order of time, `weights` the inverse variances. From bucket τ on the
    likelihood gains (Σwd)²/(2Σw), and the best size is Σwd/Σw (Hinkley, Biometrika 1970).
    """
    moved = np.cumsum((weights * errors)[::-1])[::-1]
    weight = np.cumsum(weights[::-1])[::-1]
    gain = np.where((moved < 0) == down, moved**2 / np.maximum(weight, 1e-12), -1.0)
    if not len(gain) or gain.max() <= 0:
        return None
    at = int(gain.argmax())
    return Start(int(times[at]), float(moved[at] / weight[at]), float(weight[at]))


class KeptBuckets:
    """The newest `KEPT` buckets of each row, in rings with a place for every bucket number (five minutes since 1970).

    Of each: S, Tol and F, and its error times the root of its checks. A bucket that a row has not had has no checks.
    """

    def __init__(self) -> None:
        self._counts = np.zeros((0, KEPT, 3), np.uint16)
        self._errors = np.zeros((0, KEPT), np.float16)
        self.newest = -1

    def grow(self, rows: int) -> None:
        """Make room for `rows` monitors in all."""
        more = rows - len(self._errors)
        if more > 0:
            self._counts = np.concatenate([self._counts, np.zeros((more, KEPT, 3), np.uint16)])
            self._errors = np.concatenate([self._errors, np.zeros((more, KEPT), np.float16)])

    def add(self, bucket: int, rows: Rows, counts: Floats, errors: Floats) -> None:
        """Keep bucket number `bucket`, later than any before, of each of `rows`: observed less expected Apdex."""
        for gone in range(max(self.newest + 1, bucket - KEPT + 1), bucket + 1):
            self._counts[:, gone % KEPT] = 0
        self.newest = bucket
        self._counts[rows, bucket % KEPT] = np.minimum(counts, _MOST)
        self._errors[rows, bucket % KEPT] = errors * np.sqrt(counts.sum(1))

    def counts(self, rows: Rows, buckets: Rows) -> Floats:
        """S, Tol and F that each of `rows` had in its own one of `buckets`; zeros where that is not kept."""
        known = (buckets <= self.newest) & (buckets > self.newest - KEPT)
        found = self._counts[rows, buckets % KEPT].astype(np.float64)
        return np.asarray(np.where(known[:, None], found, 0.0))

    def start(self, row: int, since: int, down: bool, variance: float) -> Start | None:
        """The most likely beginning of a change of `row` among its buckets from number `since` on.

        `variance` is that of one check.
        """
        order = np.arange(max(since, self.newest - KEPT + 1), self.newest + 1)
        checks = self._counts[row, order % KEPT].sum(1, dtype=np.float64)
        order, checks = order[checks > 0], checks[checks > 0]
        errors = self._errors[row, order % KEPT].astype(np.float64) / np.sqrt(checks)
        return most_likely_start(order, errors, checks / variance, down)

    def forget(self, row: int) -> None:
        """Forget the buckets of `row`."""
        self._counts[row] = 0
