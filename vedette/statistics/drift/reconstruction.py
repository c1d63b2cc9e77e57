"""PCA reconstruction error: how far rows lie from the plane that a baseline's rows lie near.

Principal components are learned from one half of the baseline; the other half says how far quiet rows lie from them,
so that rows which were learned from are never compared with rows which were not. If nothing has changed, it and the
window are samples of the same: which row is whose is permuted, so that false alarms are as seldom as stated whatever
the distances are like. Source: Ernst, Permutation methods: a basis for exact inference, Statistical Science 19 (2004).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.drift.domain import FEWEST_ROWS
from vedette.statistics.drift.encoding import Encoded, Floats

EXPLAINED = 0.65
"""Share of the variance that the components explain."""
PERMUTATIONS = 999
_AT_ONCE = 111
"""Permutations; all of them could take much memory."""
_NOTHING = 1e-9


@dataclass(frozen=True, slots=True)
class Reconstruction:
    """Mean distance of the window's rows from the plane, and of quiet rows; between what it stays with the probability
    1 - alpha if which row is whose means nothing; how many components were kept; and p of the window's mean, two-sided
    (`PERMUTATIONS` give at least 1 in 500)."""

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
    usual, error = float(quiet.mean()), float(found.mean())
    if error <= _NOTHING:  # the components explain everything: distances are what rounding has left
        return Reconstruction(error, usual, usual, usual, kept, 1.0)
    drawn = _permuted(chance, found, quiet)
    off = error - usual
    near = 1e-9 * error  # sums of the same numbers in another order
    beyond = min(int((drawn >= off - near).sum()), int((drawn <= off + near).sum()))
    p = min(1.0, 2 * (beyond + 1) / (PERMUTATIONS + 1))
    lower, upper = np.quantile(drawn, (alpha / 2, 1 - alpha / 2))
    return Reconstruction(error, usual, usual + float(lower), usual + float(upper), kept, p)


def _distances(rows: Floats, axes: Floats) -> Floats:
    return np.asarray(np.linalg.norm(rows - rows @ axes.T @ axes, axis=1))


def _permuted(chance: np.random.Generator, found: Floats, quiet: Floats) -> Floats:
    """By how much the mean of the first would be above that of the second if rows were dealt out anew: `PERMUTATIONS`
    times."""
    both = np.concatenate([found, quiet])
    sums = [
        chance.permuted(np.tile(both, (_AT_ONCE, 1)), axis=1)[:, : len(found)].sum(axis=1)
        for _ in range(PERMUTATIONS // _AT_ONCE)
    ]
    drawn = np.concatenate(sums)
    return np.asarray(drawn / len(found) - (both.sum() - drawn) / len(quiet))
