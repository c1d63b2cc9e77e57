"""A binary classifier's quality estimated without outcomes: confidence-based performance estimation.

A calibrated score is the probability of the positive class, so each prediction has an expected share of being right.
It holds as far as the score stays calibrated: a change in how inputs and outcomes relate is not seen.
Source: NannyML, "Confidence-based performance estimation".
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.quality import STEPS, BinaryTally

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Calibration:
    """The rate of positive outcomes by score: `rates` at `scores`, both increasing, linear between."""

    scores: Floats
    rates: Floats

    @classmethod
    def of(cls, tally: BinaryTally) -> Calibration:
        """Isotonic regression of outcomes on scores, from a reference's tally (pool adjacent violators).

        Without any outcomes, scores are taken as they are.
        """
        rows = tally.negative + tally.positive
        seen = np.flatnonzero(rows)
        if not len(seen):
            return cls(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
        blocks: list[tuple[float, float, float]] = []  # positives, rows, rows times score
        for step in seen.tolist():
            weight = float(rows[step])
            blocks.append((float(tally.positive[step]), weight, weight * (step + 0.5) / STEPS))
            while len(blocks) > 1 and blocks[-2][0] * blocks[-1][1] >= blocks[-1][0] * blocks[-2][1]:
                last = blocks.pop()
                blocks[-1] = (blocks[-1][0] + last[0], blocks[-1][1] + last[1], blocks[-1][2] + last[2])
        held = np.array(blocks)
        return cls(held[:, 2] / held[:, 1], held[:, 0] / held[:, 1])

    def __call__(self, scores: npt.ArrayLike) -> Floats:
        """Calibrated probabilities."""
        return np.asarray(np.interp(np.asarray(scores, np.float64), self.scores, self.rates))


def estimated(
    scores: npt.ArrayLike, calibration: Calibration, threshold: float = 0.5, weights: npt.ArrayLike | None = None
) -> dict[str, float]:
    """accuracy, precision, recall, f1, auc as expected; NaN where undefined. Scores that are NaN are left out.

    `weights` says of each score how many rows had it; without, one.
    """
    score = np.asarray(scores, np.float64).ravel()
    weight = np.ones(len(score)) if weights is None else np.asarray(weights, np.float64).ravel()
    known = (score >= 0) & (score <= 1)
    score, weight = score[known], weight[known]
    probability = calibration(score)
    positive, negative = probability * weight, (1 - probability) * weight
    alarm = score >= threshold
    hits, alarms, positives = float(positive[alarm].sum()), float(weight[alarm].sum()), float(positive.sum())
    right = hits + float(negative[~alarm].sum())
    return {
        "accuracy": _share(right, float(weight.sum())),
        "precision": _share(hits, alarms),
        "recall": _share(hits, positives),
        "f1": _share(2 * hits, positives + alarms),
        "auc": _auc(score, positive, negative),
    }


def _auc(score: Floats, positives: Floats, negatives: Floats) -> float:
    """Expected positives above expected negatives, over all pairs; equal scores half."""
    _, place = np.unique(score, return_inverse=True)
    positive, negative = np.bincount(place, positives), np.bincount(place, negatives)
    pairs = float(positive.sum() * negative.sum())
    below = np.cumsum(negative) - negative
    return _share(float(positive @ (below + negative / 2)), pairs)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan
