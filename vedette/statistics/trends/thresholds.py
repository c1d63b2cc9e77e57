"""Thresholds for a whole fleet: interpolated between exact run lengths of standardised buckets of the same skewness.

A bucket's z enters a CUSUM as the log-likelihood ratio δz - δ²/2 of a shift by δ (its standard deviations), so one
table over δ, the skewness of z and the run length serves every monitor. Its nodes were solved on a standardised Poisson
count, which is what few bad checks among many are, with both signs (`benchmarks/trends_thresholds.py`).
"""

from __future__ import annotations

import math
from functools import lru_cache
from pathlib import Path

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.runlength import run_length
from vedette.statistics.trends.trinomial import Floats

SHIFTS = np.exp(np.linspace(math.log(0.02), math.log(4.0), 20))
_SKEWS = (0.0, 0.2, 0.4, 0.7, 1.0, 1.4, 2.0, 2.8, 4.0, 6.0, 8.5, 12.0)
SKEWS = np.array([*(-skew for skew in _SKEWS[:0:-1]), *_SKEWS])
LOG_LENGTHS = np.arange(3.0, 21.0)
TABLE = Path(__file__).with_suffix(".npy")
_HEIGHTS = (0.1, 0.25, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.5, 8.0, 10.0, 13.0, 17.0, 22.0)
_HIGHEST_SIGMAS = 60.0
"""Heights above 8 are solved only up to so many standard deviations; the rest is on a straight line by then."""


def standard_bucket(skewness: float) -> tuple[Floats, Floats]:
    """Values and probabilities with mean 0, variance 1 and `skewness`: a normal grid, or a Poisson count."""
    if abs(skewness) < 0.05:
        values: Floats = np.asarray(np.linspace(-7.0, 7.0, 141), np.float64)
        weights = np.exp(-(values**2) / 2)
    else:
        rate = 1 / skewness**2
        counts = np.arange(math.ceil(rate + 12 * math.sqrt(rate) + 20))
        factorials = np.concatenate([[0.0], np.cumsum(np.log(counts[1:]))])
        weights = np.exp(counts * math.log(rate) - rate - factorials)
        values = np.asarray((counts - rate) / math.sqrt(rate) * math.copysign(1.0, skewness), np.float64)
    likely = weights > 1e-14 * weights.max()
    return values[likely], weights[likely] / weights[likely].sum()


def _flattened(height: npt.ArrayLike) -> Floats:
    """ln(e^h - 1 - h): for a continuous process the logarithm of the run length, but for a constant."""
    h = np.asarray(height, np.float64)
    return np.asarray(np.log(np.expm1(h) - h))


class ThresholdTable:
    """Heights h (of the log-likelihood ratio) by shift δ, skewness of z towards the alarm, and average run length."""

    def __reduce__(self) -> tuple[type[ThresholdTable], tuple[()]]:
        return ThresholdTable, ()  # the nodes are in a file, and in no snapshot

    def heights(self, shift: npt.ArrayLike, skewness: npt.ArrayLike, length: npt.ArrayLike) -> Floats:
        """h for each (broadcast) `shift` > 0, `skewness`, and wanted run `length` in buckets.

        Values outside the table are taken at its edge.
        """
        d, g, goal = np.broadcast_arrays(
            np.log(np.clip(shift, SHIFTS[0], SHIFTS[-1])),
            np.clip(skewness, SKEWS[0], SKEWS[-1]),
            np.log(np.asarray(length, np.float64)).clip(LOG_LENGTHS[0], LOG_LENGTHS[-1]),
        )
        i, u = _place(np.log(SHIFTS), d)
        j, v = _place(SKEWS, g)
        m, w = _place(LOG_LENGTHS, goal)
        nodes, total = _nodes(), np.zeros(d.shape)
        for x in (0, 1):
            for y in (0, 1):
                for z in (0, 1):
                    weight = (u if x else 1 - u) * (v if y else 1 - v) * (w if z else 1 - w)
                    total += weight * nodes[i + x, j + y, m + z]
        return total


@lru_cache(maxsize=1)
def _nodes() -> Floats:
    return np.asarray(np.load(TABLE), np.float64)


def _place(axis: Floats, value: Floats) -> tuple[npt.NDArray[np.int64], Floats]:
    index = np.clip(np.searchsorted(axis, value, side="right") - 1, 0, len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])


def solve(shift: float, skewness: float) -> Floats:
    """The heights at one node, for each of `LOG_LENGTHS`; some ten milliseconds to a second."""
    values, probabilities = standard_bucket(skewness)
    increments = shift * values - shift * shift / 2
    heights: list[float] = []
    logs: list[float] = []
    for height in _HEIGHTS:
        if height > 8.0 and height / shift > _HIGHEST_SIGMAS:
            break
        length = run_length(increments, probabilities, height)
        if not 0 < length < 1e10:
            break  # below zero: too long for the solver's digits
        if logs and math.log(length) <= logs[-1]:
            continue
        heights.append(height)
        logs.append(math.log(length))
    if len(heights) < 2:
        return np.full(len(LOG_LENGTHS), _HEIGHTS[0])  # no bucket adds anything: any height will do
    flat, goals = _flattened(heights), np.asarray(logs)
    found = np.interp(LOG_LENGTHS, goals, flat)
    beyond = goals[-1] < LOG_LENGTHS
    slope = (flat[-1] - flat[-2]) / (goals[-1] - goals[-2])
    found[beyond] = flat[-1] + slope * (LOG_LENGTHS[beyond] - goals[-1])
    before = goals[0] > LOG_LENGTHS
    found[before] = flat[0]
    fine = np.linspace(0.05, 60.0, 6000)
    return np.asarray(np.interp(found, _flattened(fine), fine))
