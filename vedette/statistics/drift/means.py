"""Means: what tells two samples apart by itself, most first."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from vedette.statistics.drift.encoding import Encoded
from vedette.statistics.multiplicity import benjamini_hochberg

MOST = 5


@dataclass(frozen=True, slots=True)
class Moved:
    """A feature's mean in the baseline and in the window, in its own unit: a share, for a category such as
    `city = Oslo`; None where all is missing. p by Welch's test, adjusted over all features."""

    feature: str
    baseline: float | None
    window: float | None
    adjusted: float


def moved(encoded: Encoded) -> list[Moved]:
    """The features whose means differ most, in standard deviations of both samples together."""
    before, now = encoded.baseline, encoded.window
    off = now.mean(axis=0) - before.mean(axis=0)
    noise = np.sqrt(before.var(axis=0) / len(before) + now.var(axis=0) / len(now))
    adjusted = benjamini_hochberg(np.asarray(2 * ndtr(-np.abs(off) / np.maximum(noise, 1e-12))))
    order = np.argsort(-np.abs(off), kind="stable")[:MOST]
    return [
        Moved(encoded.names[at], _known(encoded.means[at][0]), _known(encoded.means[at][1]), float(adjusted[at]))
        for at in order.tolist()
    ]


def _known(mean: float) -> float | None:
    return None if math.isnan(mean) else mean
