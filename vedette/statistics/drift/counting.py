"""Counting float64 values into bins, as fast as memory gives them.

Comparing a block with every edge is three times faster than a binary search a value as long as edges are few, since
comparisons run on whole registers: benchmarks/false_alarms.py --speed.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.counts import Moments, Whole

Floats = npt.NDArray[np.float64]
BLOCK = 8_192
"""Values that are looked at at a time: they and the outcome stay in the processor's cache. Above 10,000 OpenBLAS takes
several threads for a scalar product, which costs more than the product."""
FEW_EDGES = 24
FEW_VALUES = 2_500
"""Fewer are counted sooner by a binary search: each comparison of a block has a price of its own."""


def count_between(values: Floats, edges: Floats) -> tuple[Whole, int]:
    """Counts of (-∞, e₀], (e₀, e₁], …, (e_last, ∞] for increasing finite `edges`, and the number of NaN."""
    if len(edges) > FEW_EDGES or len(values) < FEW_VALUES:
        places = np.searchsorted(np.append(edges, np.inf), values, side="left")  # NaN sorts behind ∞
        found = np.bincount(places, minlength=len(edges) + 2)
        return found[:-1].astype(np.int64), int(found[-1])
    bounds = [*edges.tolist(), np.inf]
    upto = [0] * len(bounds)
    held = np.empty(min(BLOCK, len(values)), np.bool_)
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        out = held[: len(block)]
        for index, bound in enumerate(bounds):
            np.less_equal(block, bound, out=out)
            upto[index] += int(np.count_nonzero(out))
    return np.array([more - less for less, more in pairwise([0, *upto])], np.int64), len(values) - upto[-1]


def places_between(values: Floats, edges: Floats) -> npt.NDArray[np.integer[Any]]:
    """For each value the interval of `count_between` that it is in, from 0; that of NaN is one beyond the last."""
    if len(edges) > FEW_EDGES or len(values) < FEW_VALUES:
        return np.searchsorted(np.append(edges, np.inf), values, side="left")
    found = np.full(len(values), len(edges) + 1, np.uint8)
    held = np.empty(min(BLOCK, len(values)), np.bool_)
    for start in range(0, len(values), BLOCK):
        block, place = values[start : start + BLOCK], found[start : start + BLOCK]
        out = held[: len(block)]
        for bound in (*edges.tolist(), np.inf):
            np.less_equal(block, bound, out=out)
            np.subtract(place, out.view(np.uint8), out=place)
    return found


def count_points(values: Floats, points: Floats) -> tuple[Whole, int, int]:
    """Counts of values that equal one of the increasing `points`; how many equal none, and how many are NaN."""
    if not len(points):
        missing = int(np.isnan(values).sum())
        return np.zeros(0, np.int64), len(values) - missing, missing
    upto, missing = count_between(values, points)
    below, _ = count_between(values, np.nextafter(points, -np.inf))
    exact = np.cumsum(upto)[:-1] - np.cumsum(below)[:-1]
    return exact, len(values) - missing - int(exact.sum()), missing


def moments(values: Floats, origin: float) -> Moments:
    """Of finite `values`."""
    if not len(values):
        return Moments(origin=origin)
    total = squares = 0.0
    held = np.empty(min(BLOCK, len(values)))
    with np.errstate(over="ignore", invalid="ignore"):  # squares of numbers near 1e308 are ∞, and so is the variance
        for start in range(0, len(values), BLOCK):
            block = values[start : start + BLOCK]
            off = np.subtract(block, origin, out=held[: len(block)])
            total += float(off.sum())
            squares += float(np.dot(off, off))
    return Moments(len(values), origin, total, squares, float(values.min()), float(values.max()))
