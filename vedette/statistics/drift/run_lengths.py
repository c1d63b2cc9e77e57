"""Run lengths: how many points lie between two false alarms of a chart, while nothing has changed."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from vedette.errors import InvalidInput
from vedette.statistics.drift.chart_rules import LIMIT, Points, Rule, holds
from vedette.statistics.drift.charts import WIDTH
from vedette.statistics.drift.control import DOUBT

CHAINS, STEPS = 1000, 1000
"""Charts that are simulated, and points of each."""


@dataclass(frozen=True, slots=True)
class RunLength:
    """Points for each false alarm, and the standard error of that."""

    mean: float
    error: float


@lru_cache(maxsize=256)
def run_length(
    rules: tuple[Rule, ...], ratio: float = 0.0, width: float = WIDTH, chains: int = CHAINS, steps: int = STEPS
) -> RunLength:
    """By simulation of normal points, the same each time: points of all charts for each false alarm.

    `ratio` is the rows of a window by those of the reference: each chart has a reference of its own, whose error all of
    its points share. A chart begins anew after an alarm. Blocks for about a second. Infinite if nothing alarmed.
    """
    if not 0 <= ratio < math.inf or not 0 < width < math.inf:
        raise InvalidInput("ratio and width", (ratio, width), "a ratio from 0, a width above 0")
    chance = np.random.default_rng(20_241_129)
    longest = max(rule.span for rule in rules)
    centres = chance.normal(0.0, math.sqrt(ratio), (chains, 1))
    held = np.full((chains, longest), np.nan)
    alarms = np.zeros(chains)
    for _ in range(steps):
        held[:, :-1] = held[:, 1:]
        held[:, -1] = chance.normal(size=chains)
        off = held - centres
        near = np.abs(off)
        far = np.sign(off) * np.maximum(near - DOUBT * math.sqrt(ratio), 0.0)
        points = Points(held, far, near)
        found = np.zeros(chains, np.bool_)
        for rule in rules:
            found |= near[:, -1] >= width * math.sqrt(1 + ratio) if rule is LIMIT else holds(rule, points)
        alarms += found
        held[found] = np.nan
    total = float(alarms.sum())
    if not total:
        return RunLength(math.inf, math.inf)
    mean = chains * steps / total
    spread = float(alarms.std(ddof=1)) if chains > 1 else 0.0
    return RunLength(mean, mean * spread / float(alarms.mean()) / math.sqrt(chains))
