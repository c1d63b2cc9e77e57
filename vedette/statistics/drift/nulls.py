"""The null distribution of a window's counts: what they are when nothing has drifted, at any two sample sizes.

Two cases. `pooled`: the cells were there before the data (categories, given edges); given the pooled counts, the
window's counts are hypergeometric, that is, binomial cells given their sum. `spaced`: the edges are quantiles of the
reference, so its counts do not vary; the shares between order statistics of N values are Dirichlet with the sum N+1,
and the window's counts are negative binomial cells given their sum. Both are exact, whatever the distribution (for
`spaced`: any continuous one).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln

from vedette.statistics.drift.saddlepoint import Cells, ConditionalSum, Floats

OUTCOMES = 96
"""Most of a cell; more are integrated on so many points instead of summed."""
NEGLIGIBLE = 17.0
"""Outcomes of a cell that are e^17 times less likely than its likeliest are left out: p below 1e-6 is not resolved."""
Term = Callable[[Floats, Floats], Floats]
"""From the window's counts (cells, outcomes) and the matching numbers of the reference, what a cell adds."""


def _outcomes(mean: Floats, deviation: Floats, most: Floats) -> tuple[Floats, Floats]:
    """Counts of each cell within seven standard deviations, and the weights to integrate by (0: none)."""
    low = np.maximum(np.floor(mean - 7 * deviation - 5), 0)
    high = np.minimum(np.ceil(mean + 7 * deviation + 12), most)
    step = np.maximum((high - low) / (OUTCOMES - 1), 1.0)
    points = int(min(OUTCOMES, (high - low).max() + 1))
    index = np.arange(points)
    counts = low[:, None] + step[:, None] * index
    weights = np.where(counts <= high[:, None] + 1e-6, step[:, None], 0.0)
    weights[:, [0, -1]] *= np.where(step[:, None] > 1, 0.5, 1.0)
    return np.minimum(counts, most[:, None]), weights


def pooled(totals: npt.ArrayLike, window: int, reference: int, term: Term) -> ConditionalSum:
    """Of Σ term(window's count, reference's count) over cells with the pooled counts `totals`, all above 0."""
    each, times = np.unique(np.asarray(totals, np.float64), return_counts=True)
    share = window / (window + reference)
    mean = each * share
    counts, weights = _outcomes(mean, np.sqrt(mean * (1 - share)), np.minimum(each, window))
    rest = each[:, None] - counts
    with np.errstate(divide="ignore"):
        logs = np.log(weights) - gammaln(counts + 1) - gammaln(rest + 1)
    logs += counts * np.log(share) + rest * np.log1p(-share)
    least = float(each[0] * min(share, 1 - share))
    return ConditionalSum(Cells.of(counts, _likely(logs), term(counts, rest), times.astype(np.float64)), least)


def spaced(
    spacings: npt.ArrayLike, reference: npt.ArrayLike, window: int, term: Term, spread: float = 1.0
) -> ConditionalSum:
    """Of Σ term(window's count, reference's count) over bins with the Dirichlet parameters `spacings`."""
    pairs = np.column_stack([np.asarray(spacings, np.float64), np.asarray(reference, np.float64)])
    unlike, times = np.unique(pairs, axis=0, return_counts=True)
    shape, held = unlike[:, :1] * spread, unlike[:, 1:]
    total = float(pairs[:, 0].sum()) * spread
    ratio = window / (window + total)
    mean = shape[:, 0] * window / total
    counts, weights = _outcomes(mean, np.sqrt(mean / (1 - ratio)), np.full(len(mean), float(window)))
    with np.errstate(divide="ignore"):
        logs = np.log(weights) + gammaln(shape + counts) - gammaln(counts + 1) + counts * np.log(ratio)
    terms = term(counts, np.broadcast_to(held, counts.shape))
    least = float(min(mean.min(), held.min()))
    return ConditionalSum(Cells.of(counts, _likely(logs), terms, times.astype(np.float64)), least)


def _likely(logs: Floats) -> Floats:
    """Without outcomes that are next to impossible: PSI grows so fast at empty bins that they would rule the tilt."""
    return np.where(logs > logs.max(axis=1, keepdims=True) - NEGLIGIBLE, logs, -np.inf)
