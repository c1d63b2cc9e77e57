"""Dependence: pairs of columns whose rank correlation differs between two samples."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr
from scipy.stats import rankdata

from vedette.statistics.drift.encoding import Encoded, Floats
from vedette.statistics.multiplicity import benjamini_hochberg

MOST_COLUMNS = 40
MOST_PAIRS = 10


@dataclass(frozen=True, slots=True)
class Pair:
    """Spearman's correlation of two columns in the baseline and in the window; p adjusted over all pairs."""

    first: str
    second: str
    baseline: float
    window: float
    adjusted: float


def pairs(encoded: Encoded) -> list[Pair]:
    """The pairs of the first numeric columns that differ most surely; p by Fisher's z, whose variance is 1.06 / (n - 3)
    (Fieller, Hartley and Pearson, Biometrika 44 (1957))."""
    columns = list(encoded.numeric[:MOST_COLUMNS])
    if len(columns) < 2:
        return []
    before, now = _correlations(encoded.baseline[:, columns]), _correlations(encoded.window[:, columns])
    left, right = np.triu_indices(len(columns), 1)
    r, s = before[left, right], now[left, right]
    noise = math.sqrt(1.06 / (len(encoded.baseline) - 3) + 1.06 / (len(encoded.window) - 3))
    off = np.abs(np.arctanh(r.clip(-0.9999, 0.9999)) - np.arctanh(s.clip(-0.9999, 0.9999)))
    adjusted = benjamini_hochberg(np.asarray(2 * ndtr(-off / noise)))
    order = np.argsort(-off, kind="stable")[:MOST_PAIRS]
    names = [encoded.names[column] for column in columns]
    return [
        Pair(names[left[at]], names[right[at]], float(r[at]), float(s[at]), float(adjusted[at]))
        for at in order.tolist()
    ]


def _correlations(rows: Floats) -> Floats:
    """Spearman's; 0 where a column does not vary."""
    ranks = rankdata(rows, axis=0)
    off = ranks - ranks.mean(axis=0)
    sizes = np.sqrt((off**2).sum(axis=0))
    sizes[sizes == 0] = np.inf
    return np.asarray(off.T @ off / np.outer(sizes, sizes))
