"""The buckets that are kept to tell when a change began: the newest of each monitor, as errors and weights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.trinomial import Floats

KEPT = 576
"""Buckets of each monitor: two days without gaps."""


@dataclass(frozen=True, slots=True)
class Start:
    """The most likely beginning of a change: its first bucket, the change of Apdex since, and the weight of that."""

    bucket_ms: int
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
    """Rings of the newest `KEPT` buckets of each row."""

    def __init__(self) -> None:
        self._times = np.zeros((0, KEPT), np.int64)
        self._errors = np.zeros((0, KEPT), np.float32)
        self._weights = np.zeros((0, KEPT), np.float32)
        self._written = np.zeros(0, np.int64)

    def grow(self, rows: int) -> None:
        """Make room for `rows` monitors in all."""
        more = rows - len(self._written)
        if more > 0:
            self._times = np.concatenate([self._times, np.zeros((more, KEPT), np.int64)])
            self._errors = np.concatenate([self._errors, np.zeros((more, KEPT), np.float32)])
            self._weights = np.concatenate([self._weights, np.zeros((more, KEPT), np.float32)])
            self._written = np.concatenate([self._written, np.zeros(more, np.int64)])

    def add(self, time_ms: int, rows: npt.NDArray[np.int64], errors: Floats, weights: Floats) -> None:
        """Keep one bucket of each of `rows`."""
        at = self._written[rows] % KEPT
        self._times[rows, at] = time_ms
        self._errors[rows, at] = errors
        self._weights[rows, at] = weights
        self._written[rows] += 1

    def start(self, row: int, since_ms: int, down: bool) -> Start | None:
        """The most likely beginning of a change of `row` among its kept buckets from `since_ms` on."""
        written = int(self._written[row])
        order = np.arange(max(0, written - KEPT), written) % KEPT
        order = order[self._times[row, order] >= since_ms]
        return most_likely_start(
            self._times[row, order],
            self._errors[row, order].astype(np.float64),
            self._weights[row, order].astype(np.float64),
            down,
        )

    def forget(self, row: int) -> None:
        """Forget the buckets of `row`."""
        self._written[row] = 0
