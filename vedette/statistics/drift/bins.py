"""Bins of a numeric feature: edges, fitted on the reference only.

Intervals are (low, high]; the outermost reach to ±∞. Edges are the inner ones, so B bins have B - 1 of them.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput

Floats = npt.NDArray[np.float64]
Strategy = Literal[
    "quantiles", "square_root", "sturges", "rice", "terrell_scott", "doane", "scott", "freedman_diaconis"
]
DEFAULT_BINS = 10
MOST_BINS = 50


def inner_edges(values: npt.ArrayLike, strategy: Strategy = "quantiles", bins: int = DEFAULT_BINS) -> Floats:
    """Inner edges for finite `values`: increasing, without duplicates; none where the values do not vary.

    `bins` is the number of quantile bins; the other strategies give equal widths and choose the number themselves.
    """
    array = np.asarray(values, np.float64).ravel()
    if not 2 <= bins <= MOST_BINS:
        raise InvalidInput("bins", bins, f"2 to {MOST_BINS}")
    if strategy not in get_args(Strategy):
        raise InvalidInput("strategy", strategy, ", ".join(get_args(Strategy)))
    if not len(array) or array.min() == array.max():
        return np.empty(0)
    with np.errstate(over="ignore", invalid="ignore"):  # numbers near 1e308 have no finite spread
        if strategy == "quantiles":
            found = np.unique(np.quantile(array, np.arange(1, bins) / bins))
            return np.asarray(found[(found >= array.min()) & (found < array.max())])
        return equal_width(float(array.min()), float(array.max()), equal_width_bins(array, strategy))


def equal_width(low: float, high: float, bins: int) -> Floats:
    """Inner edges of `bins` bins of equal width from `low` to `high`."""
    edges = (
        np.unique(low + (high - low) * (np.arange(1, bins) / bins)) if math.isfinite(high - low) else np.array([0.0])
    )
    return np.asarray(edges[(edges > low) & (edges < high)])


def manual(edges: npt.ArrayLike) -> Floats:
    """Edges that somebody chose: finite, at least one, at most 49; sorted here, duplicates removed."""
    array = np.asarray(edges, np.float64).ravel()
    found = np.unique(array)
    if not np.isfinite(array).all() or not 1 <= len(found) < MOST_BINS:
        raise InvalidInput("edges", edges, f"1 to {MOST_BINS - 1} finite numbers")
    return found


def equal_width_bins(values: Floats, strategy: Strategy) -> int:
    """How many bins of equal width a strategy wants for `values`, at least 1, at most 50.

    Sources: Sturges 1926, Doane 1976, Scott 1979, Freedman and Diaconis 1981, Terrell and Scott 1985; Rice University.
    """
    n = len(values)
    if strategy == "square_root":
        wanted = math.ceil(math.sqrt(n))
    elif strategy == "sturges":
        wanted = math.ceil(math.log2(n)) + 1
    elif strategy == "rice":
        wanted = math.ceil(2 * n ** (1 / 3))
    elif strategy == "terrell_scott":
        wanted = round((2 * n) ** (1 / 3))
    elif strategy == "doane":
        wanted = _doane(values)
    else:
        wanted = _by_width(values, _width(values, strategy))
    return max(1, min(wanted, MOST_BINS))


def _doane(values: Floats) -> int:
    n, deviation = len(values), float(values.std())
    if n < 3 or not 0 < deviation < math.inf:
        return 1
    skewness = float(np.mean(((values - values.mean()) / deviation) ** 3))
    error = math.sqrt(6 * (n - 2) / ((n + 1) * (n + 3)))
    return math.ceil(1 + math.log2(n) + math.log2(1 + abs(skewness) / error))


def _width(values: Floats, strategy: Strategy) -> float:
    third: float = len(values) ** (-1 / 3)
    if strategy == "scott":
        return 3.49 * float(values.std(ddof=1)) * third
    lower, upper = np.quantile(values, [0.25, 0.75])
    if upper > lower:
        return 2 * float(upper - lower) * third
    return 3.49 * float(values.std(ddof=1)) * third  # half of all values are one: Scott's rule instead


def _by_width(values: Floats, width: float) -> int:
    span = float(values.max() - values.min())
    if not 0 < width < math.inf or not math.isfinite(span):
        return 1
    return math.ceil(min(span / width, MOST_BINS))
