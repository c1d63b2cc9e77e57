"""Domain classifier: whether rows of a window can be told from those of a baseline, all columns looked at together.

A logistic regression with a ridge learns, on some rows, which sample a row is from, and its scores of the other rows
are judged by the ROC area: a half means that nobody can tell. Features are the columns, and squares and products of
their first principal components, so that it sees correlations that have changed while each column stayed as it was.
Sources: Lopez-Paz and Oquab, Revisiting classifier two-sample tests (2017); DeLong et al., Biometrics 44 (1988).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri
from scipy.stats import rankdata

from vedette.errors import InvalidInput
from vedette.statistics.drift.encoding import Encoded, Floats

FOLDS = 5
COMPONENTS = 12
"""Principal components whose squares and products are features."""
RIDGE = 20.0
"""Penalty on squared coefficients of standardised features."""
FEWEST_ROWS = 100
"""Rows that each sample needs."""
PERMUTATIONS = 199
_STEPS = 8
_NEAR = 1e-3


Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Separation:
    """How well the samples can be told apart: ROC area of rows that were not learned from, its 95 % interval (DeLong),
    and how probable as large a one is if both samples are alike (`PERMUTATIONS` give at least 1 in 200)."""

    auc: float
    low: float
    high: float
    p: float


def separation(encoded: Encoded, seed: int = 0) -> Separation:
    """By cross-validation in `FOLDS` parts. Blocks for up to some seconds.

    The areas of parts depend on one another, so p is by permutation: of which sample a row is, within parts, whose
    sizes stay as they are. There, as in what it is compared with, the classifier is the first step of Newton's method,
    which is Fisher's discriminant and is computed for all permutations at once.
    """
    rows, before = len(encoded.matrix), encoded.baseline_rows
    if min(before, rows - before) < FEWEST_ROWS:
        raise InvalidInput("rows", (before, rows - before), f"at least {FEWEST_ROWS} of each sample")
    truth = np.arange(rows) >= before
    chance = np.random.default_rng(seed)
    fold = np.empty(rows, np.int64)
    for side in (False, True):
        places = chance.permutation(np.flatnonzero(truth == side))
        fold[places] = np.arange(len(places)) % FOLDS
    labels = np.repeat(truth[:, None], PERMUTATIONS + 1, axis=1)  # the first is as it was
    for part in range(FOLDS):
        inside = fold == part
        labels[inside, 1:] = chance.permuted(labels[inside, 1:], axis=0)
    features = quadratic(encoded.matrix)
    areas, variances, drawn = [], [], np.zeros(PERMUTATIONS + 1)
    for part in range(FOLDS):
        learned, tested = fold != part, fold == part
        weights = logistic(features[learned], truth[learned])
        area, variance = delong(features[tested] @ weights[1:], truth[tested])
        areas.append(area)
        variances.append(variance)
        drawn += _areas(features[tested] @ _first_steps(features[learned], labels[learned]), labels[tested])
    auc, wide = float(np.mean(areas)), float(ndtri(0.975)) * math.sqrt(sum(variances)) / FOLDS
    p = float((drawn >= drawn[0]).mean())
    return Separation(auc, max(auc - wide, 0.0), min(auc + wide, 1.0), p)


def _first_steps(features: Floats, labels: Flags) -> Floats:
    """Coefficients, a column for each column of labels."""
    curve = features.T @ features / 4 + RIDGE * np.eye(features.shape[1])
    return np.asarray(np.linalg.solve(curve, features.T @ (labels - labels.mean(axis=0))))


def _areas(scores: Floats, labels: Flags) -> Floats:
    """ROC areas, column by column."""
    ranks = rankdata(scores, axis=0)
    m = labels.sum(axis=0)
    n = len(labels) - m
    return np.asarray(((ranks * labels).sum(axis=0) - m * (m + 1) / 2) / (m * n))


def quadratic(matrix: Floats) -> Floats:
    """The columns, and the squares and products of their first principal components; standardised."""
    _, _, axes = np.linalg.svd(matrix - matrix.mean(axis=0), full_matrices=False)
    scores = matrix @ axes[:COMPONENTS].T
    spread = scores.std(axis=0)
    scores = scores[:, spread > 1e-9] / spread[spread > 1e-9]
    left, right = np.triu_indices(scores.shape[1])
    products = scores[:, left] * scores[:, right]
    # Heavy tails: a few rows must not be all that a product is about.
    products = np.sign(products) * np.sqrt(np.abs(products))
    found = np.concatenate([matrix, products], axis=1)
    spread = found.std(axis=0)
    return np.asarray((found - found.mean(axis=0))[:, spread > 1e-9] / spread[spread > 1e-9])


def logistic(features: Floats, truth: Flags, ridge: float = RIDGE) -> Floats:
    """Intercept and coefficients of a logistic regression with a ridge on the latter, by Newton's method."""
    design = np.concatenate([np.ones((len(features), 1)), features], axis=1)
    penalty = np.full(design.shape[1], ridge)
    penalty[0] = 1e-6
    weights = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        share = expit(design @ weights)
        slope = design.T @ (truth - share) - penalty * weights
        curve = (design * (share * (1 - share))[:, None]).T @ design + np.diag(penalty)
        step = np.linalg.solve(curve, slope)
        weights = weights + step
        if float(np.abs(step).max()) < _NEAR:
            break
    return weights


def delong(scores: Floats, truth: Flags) -> tuple[float, float]:
    """ROC area of the scores, and its variance."""
    more, less = scores[truth], scores[~truth]
    m, n = len(more), len(less)
    ranks = rankdata(scores)
    above = (ranks[truth] - rankdata(more)) / n
    below = 1 - (ranks[~truth] - rankdata(less)) / m
    return float(above.mean()), float(above.var(ddof=1) / m + below.var(ddof=1) / n)
