"""Slow declines: whether daily values have a direction at all, and how fast they move.

Mann and Kendall's test (Mann, Econometrica 1945; Kendall, Rank Correlation Methods 1975) with the correction for
ties, and the slope of Theil and Sen (Sen, JASA 1968). Days without a value are left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.multiplicity import discoveries
from vedette.statistics.trends.normal import two_sided_p
from vedette.statistics.trends.trinomial import Floats

DAYS = 28
LEAST_VALUES = 10
"""Days that must have a value; with fewer the normal approximation of the test is poor."""
PRACTICAL = 0.005
"""A decline matters if it moves the Apdex by as much over the whole range."""


@dataclass(frozen=True, slots=True)
class Direction:
    """Of one monitor: Kendall's S, its z and two-sided p, the slope per day, the change over all days of the range."""

    s: int
    z: float
    p: float
    slope: float
    change: float
    values: int


@dataclass(frozen=True, slots=True)
class Decline:
    """A direction that is believed and large enough to matter: row of the monitor, and what was found."""

    row: int
    direction: Direction


def direction(daily: npt.ArrayLike) -> Direction | None:
    """The direction of one value a day (NaN: none that day), oldest first; None with fewer than `LEAST_VALUES`."""
    values: Floats = np.asarray(daily, np.float64)
    if values.ndim != 1:
        raise InvalidInput("daily values", values.shape, "one row of numbers")
    days = np.flatnonzero(np.isfinite(values))
    n = len(days)
    if n < LEAST_VALUES:
        return None
    known = values[days]
    first, second = np.triu_indices(n, 1)
    rises = known[second] - known[first]
    s = int(np.sign(rises).sum())
    _, ties = np.unique(known, return_counts=True)
    variance = (n * (n - 1) * (2 * n + 5) - int((ties * (ties - 1) * (2 * ties + 5)).sum())) / 18
    z = (s - math.copysign(1, s)) / math.sqrt(variance) if s and variance > 0 else 0.0
    slope = float(np.median(rises / (days[second] - days[first])))
    return Direction(s, z, two_sided_p(z), slope, slope * len(values), n)


def declines(
    daily: Sequence[npt.ArrayLike], rate: float = 0.05, practical: float = PRACTICAL, *, down_only: bool = True
) -> list[Decline]:
    """The monitors (rows of `daily`) that decline, believed at the false discovery `rate`, and by enough to matter."""
    found = [direction(row) for row in daily]
    believed = discoveries([math.nan if one is None else one.p for one in found], rate)
    return [
        Decline(row, one)
        for row, one in enumerate(found)
        if one is not None and believed[row] and abs(one.change) >= practical and (one.change < 0 or not down_only)
    ]
