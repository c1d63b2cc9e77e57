"""PCA reconstruction error: how far rows lie from the plane that a baseline's rows lie near.

Principal components are learned from one half of the baseline; the other half says how far quiet rows lie from them,
so that rows which were learned from are never compared with rows which were not. Thresholds are from the bootstrap and
know how many rows window and baseline have.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.drift.domain import FEWEST_ROWS
from vedette.statistics.drift.encoding import Encoded, Floats

EXPLAINED = 0.65
"""Share of the variance that the components explain."""
DRAWS = 1000
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Mean distance of the window's rows from the plane, and of quiet rows; between what quiet windows of this size
    stay with the probability 1 - alpha; how many components were kept; and p of the window's mean, two-sided."""

    error: float
    usual: float
    lower: float
    upper: float
    components: int
    p: float


def reconstruction(encoded: Encoded, alpha: float = 0.05, seed: int = 0) -> Reconstruction | None:
    """None if no column varies in the half of the baseline that is learned from: there is no plane then.
    `InvalidInput` for fewer than `FEWEST_ROWS` rows of either sample."""
    baseline, window = encoded.baseline, encoded.window
    if min(len(baseline), len(window)) < FEWEST_ROWS:
        raise InvalidInput("rows", (len(baseline), len(window)), f"at least {FEWEST_ROWS} of each sample")
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(baseline))
    learned, held = baseline[order[: len(order) // 2]], baseline[order[len(order) // 2 :]]
    centre, spread = learned.mean(axis=0), learned.std(axis=0)
    if not (spread >= _NOTHING).any():
        return None
    spread[spread < _NOTHING] = 1.0
    _, sizes, axes = np.linalg.svd((learned - centre) / spread, full_matrices=False)
    explained = np.cumsum(sizes**2) / np.sum(sizes**2)
    kept = min(int(np.searchsorted(explained, EXPLAINED)) + 1, max(len(axes) - 1, 1))
    quiet = _distances((held - centre) / spread, axes[:kept])
    found = _distances((window - centre) / spread, axes[:kept])
    # Windows of as many rows, and the quiet half itself: both are samples.
    drawn = _means(chance, quiet, len(found)) - _means(chance, quiet, len(quiet))
    off = float(found.mean() - quiet.mean())
    lower, upper = np.quantile(drawn, (alpha / 2, 1 - alpha / 2))
    beyond = min(int((drawn >= off).sum()), int((drawn <= off).sum()))
    usual = float(quiet.mean())
    # Where the components explain everything, distances are what rounding has left.
    p = min(1.0, 2 * (beyond + 1) / (DRAWS + 1)) if usual + off > _NOTHING else 1.0
    return Reconstruction(usual + off, usual, usual + float(lower), usual + float(upper), kept, p)


def _distances(rows: Floats, axes: Floats) -> Floats:
    return np.asarray(np.linalg.norm(rows - rows @ axes.T @ axes, axis=1))


def _means(chance: np.random.Generator, values: Floats, size: int) -> Floats:
    return np.array([values[chance.integers(0, len(values), size)].mean() for _ in range(DRAWS)])
