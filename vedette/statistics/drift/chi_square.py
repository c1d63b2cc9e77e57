"""Pearson's chi-square of a 2 by K table: a reference's counts and a window's."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.distances import sides
from vedette.statistics.drift.thresholds import chi_square_tail

Floats = npt.NDArray[np.float64]
FEWEST = 5.0
"""Expected on both sides, below which a category is folded into the others."""


def folded(
    reference: npt.ArrayLike, window: npt.ArrayLike, other: int | None = None, fewest: float = FEWEST
) -> tuple[Floats, Floats, list[int]]:
    """Both sides with the rare categories, and `other`, as one bin at the end; and the categories that kept their own.

    Whether a category is rare depends on both sides' sum only, so folding favours no outcome.
    """
    p, q = sides(reference, window)
    total = p + q
    share = min(p.sum(), q.sum()) / max(total.sum(), 1)
    keeps = total * share >= fewest
    if other is not None:
        keeps[other] = False
    rest = [p[~keeps].sum(), q[~keeps].sum()]
    first, second = p[keeps], q[keeps]
    if sum(rest) > 0:
        first, second = np.append(first, rest[0]), np.append(second, rest[1])
    return first, second, np.flatnonzero(keeps).tolist()


def chi_square(reference: npt.ArrayLike, window: npt.ArrayLike, fewest: float = FEWEST) -> tuple[float, float, int]:
    """χ², its p (from χ² with K - 1 degrees of freedom) and K after folding; (0, 1, K) where K is at most 1."""
    p, q, _ = folded(reference, window, fewest=fewest)
    if len(p) < 2 or not p.sum() or not q.sum():
        return 0.0, 1.0, len(p)
    table = np.array([p, q])
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    value = float(((table - expected) ** 2 / expected).sum())
    return value, chi_square_tail(value, len(p) - 1), len(p)
