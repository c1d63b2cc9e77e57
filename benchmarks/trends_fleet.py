"""A simulated fleet of endpoints: trinomial buckets with a daily cycle, autocorrelation, gaps, and drops."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.trends.baseline import BUCKET_MS
from vedette.statistics.trends.trinomial import Trinomial

Floats = npt.NDArray[np.float64]
KINDS = (Trinomial(0.91, 0.08, 0.01), Trinomial(0.97, 0.02, 0.01), Trinomial(0.85, 0.12, 0.03))
A_DAY = 288


@dataclass(frozen=True)
class Scenario:
    """What the fleet is like: `cycle` is the share by which bad checks rise and fall over the day."""

    name: str
    cycle: float = 0.0
    correlation: float = 0.0
    gaps: float = 0.0


class Fleet:
    """Buckets of `monitors` endpoints, each of one of `kinds` with one of `checks` a bucket, in order of time.

    With `correlation` φ each check of a bucket is, with that probability, the check of the bucket before: so counts
    stay trinomial, and neighbours correlate by φ, their neighbours by φ².
    """

    def __init__(
        self,
        scenario: Scenario,
        monitors: int,
        seed: int,
        kinds: tuple[Trinomial, ...] = KINDS,
        checks: tuple[int, ...] = (5, 15, 25),
    ) -> None:
        self._random = np.random.default_rng(seed)
        self._scenario = scenario
        kind = np.arange(monitors) % len(kinds)
        self._shares = np.array([[k.satisfied, k.tolerating, k.frustrated] for k in kinds])[kind]
        self._checks = np.array(checks)[np.arange(monitors) // len(kinds) % len(checks)]
        self._phase = self._random.random(monitors) * 2 * np.pi
        self._before: Floats | None = None
        self.bucket = 0
        self.changed: Floats | None = None

    def next(self) -> tuple[int, npt.NDArray[np.int64], Floats]:
        """The next bucket: when it begins, the rows that have one, and their counts."""
        time = self.bucket
        self.bucket += 1
        shares = self._shares if self.changed is None else self.changed
        if self._scenario.cycle:
            factor = 1 + self._scenario.cycle * np.sin(2 * np.pi * time / A_DAY + self._phase)
            bad = shares[:, 1:] * factor[:, None]
            shares = np.concatenate([1 - bad.sum(1, keepdims=True), bad], 1)
        counts = self._draw(shares)
        rows = np.arange(len(counts))
        if self._scenario.gaps:
            rows = np.flatnonzero(self._random.random(len(counts)) >= self._scenario.gaps)
        return time * BUCKET_MS, rows, counts[rows]

    def _draw(self, shares: Floats) -> Floats:
        phi = self._scenario.correlation
        if not phi or self._before is None:
            counts = self._random.multinomial(self._checks, shares)
        else:
            kept = self._random.binomial(self._before.astype(np.int64), phi)
            counts = kept + self._random.multinomial(self._checks - kept.sum(1), shares)
        self._before = counts.astype(np.float64)
        return self._before
