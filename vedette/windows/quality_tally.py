"""The tally of a window's quality: counts and exact sums, the same whatever the order and the batches."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from vedette.statistics.drift.cbpe import Calibration, estimated
from vedette.statistics.drift.quality import CALIBRATION_BINS, CLOSEST, STEPS, BinaryTally, RegressionTally

UNIT = 1 << 1074
"""In how many parts one is divided: each float is a whole number of them, so that sums are exact."""
MOST = 1e150
"""Magnitude of an error of a regressor; its square is still a number."""
_Z = 1.959963984540054
"""Of a 95 % confidence interval."""
_PLAIN = Calibration(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
Interval = tuple[float, float]


def exact(value: float) -> int:
    """A finite float as a whole number of units."""
    numerator, denominator = value.as_integer_ratio()
    return numerator * (UNIT // denominator)


@dataclass(slots=True)
class QualityTally:
    """Of one window of one version of a model.

    `rows` counts all predictions, `labelled` those whose outcome is known, `skipped` of these what could not be
    compared. `negative`, `positive` count labelled scores by step of a thousandth, `alarmed` and `quiet` all scores
    at or above the threshold and below it. Sums are in units of 2^-1074.
    """

    rows: int = 0
    labelled: int = 0
    skipped: int = 0
    hits: int = 0
    alarms: int = 0
    positives: int = 0
    scored_hits: int = 0
    scored_alarms: int = 0
    negative: dict[int, int] = field(default_factory=dict)
    positive: dict[int, int] = field(default_factory=dict)
    alarmed: dict[int, int] = field(default_factory=dict)
    quiet: dict[int, int] = field(default_factory=dict)
    sums: dict[str, int] = field(default_factory=dict)
    changed: bool = True

    def _sum(self, name: str, value: float) -> None:
        self.sums[name] = self.sums.get(name, 0) + exact(value)

    def predict(self, score: float, alarm: bool) -> None:
        """Count a prediction; `score` is NaN if it has none."""
        self.rows += 1
        self.changed = True
        if score == score:
            _one(self.alarmed if alarm else self.quiet, _step(score))

    def classified(self, score: float, alarm: bool, truth: bool) -> None:
        """Count an outcome of a classifier's prediction."""
        self.labelled += 1
        self.changed = True
        self.hits += alarm and truth
        self.alarms += alarm
        self.positives += truth
        if score != score:
            return
        step = _step(score)
        _one(self.positive if truth else self.negative, step)
        self.scored_hits += alarm and truth
        self.scored_alarms += alarm
        square = (score - truth) ** 2
        near = min(max(score, CLOSEST), 1 - CLOSEST)
        loss = -math.log(near) if truth else -math.log1p(-near)
        for name, value in (("square", square), ("square2", square * square), ("loss", loss), ("loss2", loss * loss)):
            self._sum(name, value)
        self._sum(f"scores{step * CALIBRATION_BINS // STEPS}", score)

    def measured(self, prediction: float, value: float) -> None:
        """Count an outcome of a regressor's prediction; what is not finite, or too far off, is skipped."""
        self.changed = True
        off = prediction - value
        if not abs(off) <= MOST:
            self.skipped += 1
            return
        self.labelled += 1
        square = off * off
        self._sum("error", off)
        self._sum("distance", abs(off))
        self._sum("square", square)
        if square <= MOST:
            self._sum("square2", square * square)

    def _value(self, name: str) -> float:
        try:
            return self.sums.get(name, 0) / UNIT
        except OverflowError:
            return math.inf

    def classification(self) -> dict[str, float]:
        """accuracy, precision, recall, f1 of all labelled rows; log_loss (nats), brier, auc and calibration_error of
        those with a score. NaN where undefined. The ROC area is right within `auc_within`."""
        misses, false_alarms = self.positives - self.hits, self.alarms - self.hits
        scored = BinaryTally(
            _array(self.negative),
            _array(self.positive),
            np.array([self._value(f"scores{n}") for n in range(CALIBRATION_BINS)]),
            self.scored_hits,
            self.scored_alarms,
            self._value("square"),
            self._value("loss"),
        )
        return {
            **scored.metrics(),
            "accuracy": _share(self.labelled - misses - false_alarms, self.labelled),
            "precision": _share(self.hits, self.alarms),
            "recall": _share(self.hits, self.positives),
            "f1": _share(2 * self.hits, self.positives + self.alarms),
        }

    def auc_within(self) -> float:
        """How far the ROC area of scores in steps may be from that of the scores: half the pairs that share a step."""
        pairs = sum(self.negative.values()) * sum(self.positive.values())
        return _share(sum(many * self.negative.get(step, 0) for step, many in self.positive.items()) / 2, pairs)

    def regression(self) -> dict[str, float]:
        """mae, rmse, bias, in the values' unit; NaN without rows."""
        sums = (self._value("error"), self._value("distance"), self._value("square"))
        return RegressionTally(self.labelled, *sums, self.skipped).metrics()

    def estimated(self, threshold: float) -> dict[str, float]:
        """accuracy, precision, recall, f1, auc as the scores alone let expect; empty without scores.

        Scores count as the middle of their step, so each expected share is right within half a step (.0005).
        """
        if not self.alarmed and not self.quiet:
            return {}
        above = [(max((step + 0.5) / STEPS, threshold), many) for step, many in sorted(self.alarmed.items())]
        below = math.nextafter(threshold, 0)
        under = [(min((step + 0.5) / STEPS, below), many) for step, many in sorted(self.quiet.items())]
        scores, weights = zip(*under, *above, strict=True)
        return estimated(scores, _PLAIN, threshold, weights)

    def intervals(self, values: dict[str, float]) -> dict[str, Interval]:
        """95 % confidence intervals: Wilson's for shares, Hanley and McNeil's for auc (1982), else from the rows'
        variance; f1 and calibration_error have none."""
        scored_positive, scored_negative = sum(self.positive.values()), sum(self.negative.values())
        scored = scored_positive + scored_negative
        found = {
            "accuracy": _wilson(values.get("accuracy"), self.labelled),
            "precision": _wilson(values.get("precision"), self.alarms),
            "recall": _wilson(values.get("recall"), self.positives),
            "log_loss": _mean(values.get("log_loss"), self._value("loss2"), scored),
            "brier": _mean(values.get("brier"), self._value("square2"), scored),
            "auc": _hanley(values.get("auc"), scored_positive, scored_negative),
            "mae": _mean(values.get("mae"), self._value("square"), self.labelled),
            "bias": _mean(values.get("bias"), self._value("square"), self.labelled),
        }
        if "rmse" in values:
            squares = _mean(values["rmse"] ** 2, self._value("square2"), self.labelled)
            found["rmse"] = None if squares is None else (math.sqrt(max(squares[0], 0.0)), math.sqrt(squares[1]))
        return {name: interval for name, interval in found.items() if interval is not None}


def _step(score: float) -> int:
    return min(int(score * STEPS), STEPS - 1)


def _one(counts: dict[int, int], step: int) -> None:
    counts[step] = counts.get(step, 0) + 1


def _array(counts: dict[int, int]) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    found = np.zeros(STEPS, np.int64)
    for step, many in counts.items():
        found[step] = many
    return found


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _wilson(share: float | None, n: int) -> Interval | None:
    if share is None or not n:
        return None
    middle, wide = share + _Z**2 / (2 * n), _Z * math.sqrt(share * (1 - share) / n + _Z**2 / (4 * n * n))
    return max((middle - wide) / (1 + _Z**2 / n), 0.0), min((middle + wide) / (1 + _Z**2 / n), 1.0)


def _mean(mean: float | None, squares: float, n: int) -> Interval | None:
    if mean is None or n < 2 or not math.isfinite(squares):
        return None
    wide = _Z * math.sqrt(max(squares / n - mean * mean, 0.0) / (n - 1))
    return mean - wide, mean + wide


def _hanley(area: float | None, positives: int, negatives: int) -> Interval | None:
    if area is None or not positives or not negatives:
        return None
    one, two = area / (2 - area), 2 * area * area / (1 + area)
    variance = area * (1 - area) + (positives - 1) * (one - area * area) + (negatives - 1) * (two - area * area)
    wide = _Z * math.sqrt(max(variance, 0.0) / (positives * negatives))
    return max(area - wide, 0.0), min(area + wide, 1.0)
