"""A model's quality once outcomes are known: tallies that add up over batches, and the metrics that they give.

A binary classifier's tally holds counts by outcome and by score in a thousand steps, so its ROC area and calibration
error are those of scores rounded to .001; everything else is exact. A regressor's holds sums of errors.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.counts import Whole

Floats = npt.NDArray[np.float64]
STEPS = 1000
"""Of scores from 0 to 1."""
CALIBRATION_BINS = 10
CLOSEST = 1e-15
"""To 0 or 1 that a score is taken to be for the log loss."""


@dataclass(frozen=True, slots=True, eq=False)
class BinaryTally:
    """Of scores with known outcomes. `negative` and `positive` count by score in steps; the rest are sums.

    `hits` and `alarms` are by the decision threshold that `of` was given; `log_loss` in nats. `skipped` rows had no
    score from 0 to 1, or no outcome.
    """

    negative: Whole
    positive: Whole
    score_sums: Floats
    hits: int = 0
    alarms: int = 0
    squares: float = 0.0
    log_losses: float = 0.0
    skipped: int = 0

    @classmethod
    def of(cls, scores: npt.ArrayLike, outcomes: npt.ArrayLike, threshold: float = 0.5) -> BinaryTally:
        """Of scores 0 to 1 (of the positive class) and outcomes 0 or 1; others, and NaN in either, are skipped."""
        score, outcome = _pair(scores, outcomes)
        known = (score >= 0) & (score <= 1) & ((outcome == 0) | (outcome == 1))
        skipped = int((~known).sum())
        score, outcome = score[known], outcome[known]
        step = np.minimum((score * STEPS).astype(np.int64), STEPS - 1)
        positive = outcome == 1
        alarm = score >= threshold
        near = np.clip(score, CLOSEST, 1 - CLOSEST)
        return cls(
            np.bincount(step[~positive], minlength=STEPS).astype(np.int64),
            np.bincount(step[positive], minlength=STEPS).astype(np.int64),
            np.bincount(step * CALIBRATION_BINS // STEPS, score, CALIBRATION_BINS).astype(np.float64),
            int((alarm & positive).sum()),
            int(alarm.sum()),
            float(((score - outcome) ** 2).sum()),
            float(-np.where(positive, np.log(near), np.log1p(-near)).sum()),
            skipped,
        )

    def __add__(self, other: BinaryTally) -> BinaryTally:
        return BinaryTally(
            self.negative + other.negative,
            self.positive + other.positive,
            self.score_sums + other.score_sums,
            self.hits + other.hits,
            self.alarms + other.alarms,
            self.squares + other.squares,
            self.log_losses + other.log_losses,
            self.skipped + other.skipped,
        )

    @property
    def n(self) -> int:
        """Rows with a score and an outcome."""
        return int(self.negative.sum() + self.positive.sum())

    def metrics(self) -> dict[str, float]:
        """accuracy, precision, recall, f1, log_loss (nats), brier, auc, calibration_error; NaN where undefined."""
        n, positives = self.n, int(self.positive.sum())
        misses, false_alarms = positives - self.hits, self.alarms - self.hits
        return {
            "accuracy": _share(n - misses - false_alarms, n),
            "precision": _share(self.hits, self.alarms),
            "recall": _share(self.hits, positives),
            "f1": _share(2 * self.hits, positives + self.alarms),
            "log_loss": _share(self.log_losses, n),
            "brier": _share(self.squares, n),
            "auc": self._auc(),
            "calibration_error": self._calibration_error(),
        }

    def _auc(self) -> float:
        """P(a positive one scores above a negative one), equal steps half: Mann and Whitney's U over all pairs."""
        below = np.cumsum(self.negative) - self.negative
        pairs = float(self.positive.sum()) * float(self.negative.sum())
        return _share(float(self.positive @ (below + self.negative / 2)), pairs)

    def _calibration_error(self) -> float:
        """Mean distance between score and rate over ten bins of scores, weighted by rows (ECE)."""
        positive = self.positive.reshape(CALIBRATION_BINS, -1).sum(axis=1)
        return _share(float(np.abs(positive - self.score_sums).sum()), self.n)


@dataclass(frozen=True, slots=True)
class RegressionTally:
    """Sums over predictions with known values; `skipped` rows had a prediction or a value that is not finite."""

    n: int = 0
    errors: float = 0.0
    distances: float = 0.0
    squares: float = 0.0
    skipped: int = 0

    @classmethod
    def of(cls, predictions: npt.ArrayLike, values: npt.ArrayLike) -> RegressionTally:
        """Of predictions and the values that came, in their order."""
        predicted, value = _pair(predictions, values)
        known = np.isfinite(predicted) & np.isfinite(value)
        off = predicted[known] - value[known]
        return cls(
            len(off), float(off.sum()), float(np.abs(off).sum()), float(off @ off), len(predicted) - int(known.sum())
        )

    def __add__(self, other: RegressionTally) -> RegressionTally:
        return RegressionTally(
            self.n + other.n,
            self.errors + other.errors,
            self.distances + other.distances,
            self.squares + other.squares,
            self.skipped + other.skipped,
        )

    def metrics(self) -> dict[str, float]:
        """mae, rmse, bias (mean of prediction less value), in the values' unit; NaN without rows."""
        squares = _share(self.squares, self.n)
        return {
            "mae": _share(self.distances, self.n),
            "rmse": math.sqrt(squares) if squares >= 0 else math.nan,
            "bias": _share(self.errors, self.n),
        }


def _pair(first: npt.ArrayLike, second: npt.ArrayLike) -> tuple[Floats, Floats]:
    one, two = np.asarray(first, np.float64).ravel(), np.asarray(second, np.float64).ravel()
    if len(one) != len(two):
        raise InvalidInput("columns", f"{len(one)} and {len(two)} rows", "as many predictions as outcomes")
    return one, two


def _share(part: float, whole: float) -> float:
    return float(part) / whole if whole else math.nan
