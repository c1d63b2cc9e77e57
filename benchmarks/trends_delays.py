"""How soon drops are found: ours beside a log-likelihood-ratio CUSUM that is told reference, size and direction."""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

from benchmarks.trends_fleet import Fleet, Scenario
from vedette.statistics.trends.baseline import HOUR_MS
from vedette.statistics.trends.runlength import ratio_increments, ratio_threshold, ratio_weights
from vedette.statistics.trends.runlength import run_length as average_run_length
from vedette.statistics.trends.trinomial import Trinomial
from vedette.statistics.trends.watch import StepWatch

Floats = npt.NDArray[np.float64]
REFERENCE, CHECKS = Trinomial(0.91, 0.08, 0.01), 25
SHARES = (REFERENCE.satisfied, REFERENCE.tolerating, REFERENCE.frustrated)
LEARNED_ERROR = math.sqrt(REFERENCE.variance / (CHECKS * 28 * 288))
"""Standard error of an Apdex that was learned in four weeks."""
DROPS = (0.005, 0.01, 0.02)
BEFORE = 1200
"""Buckets that everything runs before the drop."""
LATEST = 28 * 288
"""Buckets after which a drop counts as missed."""


@dataclass(frozen=True)
class Delay:
    """Mean buckets from a drop to its alarm, its standard error, and the share that was not found in four weeks."""

    mean: float
    error: float
    missed: float

    @classmethod
    def of(cls, delays: Floats) -> Delay:
        """Of the delays of all monitors; the mean is of those that were found."""
        found = delays[delays < LATEST]
        return cls(float(found.mean()), float(found.std() / math.sqrt(len(found))), 1 - len(found) / len(delays))


def slowed(reference: Trinomial, drop: float) -> Trinomial:
    """`reference` after all its times grew by one factor, so that its Apdex is lower by `drop`.

    Times are log-normal: with T and 4T they fix the distribution, and the factor moves it.
    """
    normal = NormalDist()
    above, far = 1 - reference.satisfied, reference.frustrated
    low, high = 0.0, 3.0
    for _ in range(60):
        middle = (low + high) / 2
        slow = 1 - normal.cdf(normal.inv_cdf(1 - above) - middle)
        very = 1 - normal.cdf(normal.inv_cdf(1 - far) - middle)
        changed = Trinomial(1 - slow, slow - very, very)
        low, high = (middle, high) if changed.apdex > reference.apdex - drop else (low, middle)
    return changed


def directions(drop: float) -> dict[str, Trinomial]:
    """Ways for the Apdex to fall by `drop`."""
    s, t, f = REFERENCE.satisfied, REFERENCE.tolerating, REFERENCE.frustrated
    return {
        "everything slower": slowed(REFERENCE, drop),
        "more tolerating only": Trinomial(s - 2 * drop, t + 2 * drop, f),
        "more failures only": Trinomial(s - drop, t, f + drop),
    }


class Trial:
    """Many monitors alike that run for a while, and drop all at the same bucket."""

    def __init__(self, changed: Trinomial, monitors: int, seed: int) -> None:
        self._fleet = Fleet(Scenario("drop"), monitors, seed, (REFERENCE,), (CHECKS,))
        self._changed = np.tile([changed.satisfied, changed.tolerating, changed.frustrated], (monitors, 1))
        self._monitors, self._seed, self.changed = monitors, seed, changed

    def ours(self, run_length: float, *, known: bool = False) -> Floats:
        """Delays of the watch, whose baseline has learned four weeks of hourly windows.

        If the reference is `known`, they had a thousand times the checks, so that it is all but exact and stays.

        Monitors with a false alarm before are left out: they are about to learn a level of their own.
        """
        watch = StepWatch(288, 288 * 288 / run_length)
        watch.grow(self._monitors)
        times = 1000 if known else 1
        random = np.random.default_rng(self._seed + 1)
        rows = np.arange(self._monitors)
        for hour in range(28 * 24):
            counts = random.multinomial(12 * CHECKS * times, SHARES, self._monitors).astype(np.float64)
            watch.baseline.learn(hour * HOUR_MS, rows, counts, buckets=12)
        self._fleet.bucket = 28 * 288
        delays, disturbed = np.full(self._monitors, np.nan), np.zeros(self._monitors, np.bool_)
        for age in range(-BEFORE, LATEST):
            if age == 0:
                self._fleet.changed = self._changed
            for change in watch.take(*self._fleet.next()):
                if age < 0 or not change.down:
                    disturbed[change.row] |= np.isnan(delays[change.row])
                elif np.isnan(delays[change.row]):
                    delays[change.row] = age + 1
            if not np.isnan(delays[~disturbed]).any():
                break
        return np.where(np.isnan(delays), LATEST, delays)[~disturbed]

    def ratio(self, run_length: float, *, learned: bool = False) -> Floats:
        """Delays of the log-likelihood-ratio CUSUM, down only, with this run length.

        If the reference is `learned`, it errs as much as four weeks of buckets do, and the threshold is so much higher
        that all monitors together have the false alarms of this run length.
        """
        weights = np.array(ratio_weights(REFERENCE, self.changed))
        height = ratio_threshold(REFERENCE, self.changed, CHECKS, run_length)
        if learned:
            height = learned_threshold(self.changed, run_length, height)
            random = np.random.default_rng(self._seed + 2)
            truth = [REFERENCE.shifted(e) for e in random.normal(0, LEARNED_ERROR, self._monitors)]
            self._fleet.changed = np.array([[t.satisfied, t.tolerating, t.frustrated] for t in truth])
            self._changed = self._changed + self._fleet.changed - np.array(SHARES)
        statistic, delays = np.zeros(self._monitors), np.full(self._monitors, np.nan)
        for age in range(-BEFORE, LATEST):
            if age == 0:
                self._fleet.changed = self._changed
            statistic = np.maximum(statistic + self._fleet.next()[2] @ weights, 0.0)
            over = statistic > height
            if age >= 0:
                delays[over & np.isnan(delays)] = age + 1
            statistic[over] = 0.0
            if not np.isnan(delays).any():
                break
        return np.where(np.isnan(delays), LATEST, delays)


def learned_threshold(changed: Trinomial, run_length: float, low: float) -> float:
    """The threshold whose false alarms, averaged over the errors of a learned reference, have this run length."""
    points, shares = np.polynomial.hermite_e.hermegauss(9)
    truths = [REFERENCE.shifted(float(point) * LEARNED_ERROR) for point in points]
    increments = [ratio_increments(REFERENCE, changed, CHECKS, truth) for truth in truths]
    high = 2.5 * low
    while high - low > 0.02:
        middle = (low + high) / 2
        rates = [1 / average_run_length(values, shares_, middle) for values, shares_ in increments]
        rate = float(np.array(rates) @ shares / shares.sum())
        low, high = (middle, high) if rate > 1 / run_length else (low, middle)
    return (low + high) / 2
