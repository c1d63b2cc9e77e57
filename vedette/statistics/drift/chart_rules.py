"""Rules that read a control chart: which of its points, with those before them, are out of control.

Rules of zones use the distance from the centre in standard deviations; rules of trends look at values. A point exactly
on a limit is out. Average run length in control: 370 for the first rule alone, 91 for the four of Western Electric, 75
for Nelson's eight: the default is the first with eight on one side.
Sources: Western Electric, Statistical Quality Control Handbook, 1956; Nelson, J. Quality Technology 16 (1984).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.charts import Limits

Floats = npt.NDArray[np.float64]
Holds = Callable[[Floats, Floats], bool]
"""Whether the last `span` points break a rule: from their distances in standard deviations, and their values."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over the last `span` points."""

    name: str
    span: int
    broken: Holds


def _beyond(wanted: int, of: int, sigmas: float) -> Holds:
    def broken(z: Floats, values: Floats) -> bool:
        newest = z[-1]
        if abs(newest) < sigmas:
            return False
        return int((z * np.sign(newest) >= sigmas).sum()) >= wanted

    return broken


def _one_side(z: Floats, values: Floats) -> bool:
    return bool((z > 0).all() or (z < 0).all())


def _trend(z: Floats, values: Floats) -> bool:
    steps = np.diff(values)
    return bool((steps > 0).all() or (steps < 0).all())


def _alternating(z: Floats, values: Floats) -> bool:
    steps = np.sign(np.diff(values))
    return bool((steps != 0).all() and (steps[1:] != steps[:-1]).all())


def _hugging(z: Floats, values: Floats) -> bool:
    return bool((np.abs(z) < 1).all())


def _avoiding(z: Floats, values: Floats) -> bool:
    return bool((np.abs(z) >= 1).all())


LIMIT = Rule("beyond a limit", 1, lambda z, values: False)
"""Told from the limits themselves, which may be at 0 or 1; see `Limits.out`."""
EIGHT_ON_ONE_SIDE = Rule("eight on one side", 8, _one_side)
TWO_OF_THREE = Rule("two of three beyond 2 sigma", 3, _beyond(2, 3, 2.0))
FOUR_OF_FIVE = Rule("four of five beyond 1 sigma", 5, _beyond(4, 5, 1.0))
NINE_ON_ONE_SIDE = Rule("nine on one side", 9, _one_side)
SIX_IN_A_ROW = Rule("six steadily rising or falling", 6, _trend)
FOURTEEN_ALTERNATING = Rule("fourteen alternating", 14, _alternating)
FIFTEEN_WITHIN = Rule("fifteen within 1 sigma", 15, _hugging)
EIGHT_BEYOND = Rule("eight beyond 1 sigma on both sides", 8, _avoiding)

DEFAULT = (LIMIT, EIGHT_ON_ONE_SIDE)
WESTERN_ELECTRIC = (LIMIT, TWO_OF_THREE, FOUR_OF_FIVE, EIGHT_ON_ONE_SIDE)
NELSON = (
    LIMIT,
    NINE_ON_ONE_SIDE,
    SIX_IN_A_ROW,
    FOURTEEN_ALTERNATING,
    TWO_OF_THREE,
    FOUR_OF_FIVE,
    FIFTEEN_WITHIN,
    EIGHT_BEYOND,
)


def violations(values: Sequence[float] | Floats, limits: Limits, rules: Sequence[Rule] = DEFAULT) -> list[list[str]]:
    """For each point, the names of the rules that it breaks together with the points before it.

    A point that is no number is out ("beyond a limit"), and no run goes through it.
    """
    points = np.asarray(values, np.float64)
    off = points - limits.centre
    with np.errstate(divide="ignore", invalid="ignore"):
        z = off / limits.sigma if limits.sigma > 0 else np.where(off == 0, 0.0, np.sign(off) * np.inf)
    return [
        [rule.name for rule in rules if _breaks(rule, index, points, np.asarray(z), limits)]
        for index in range(len(points))
    ]


def _breaks(rule: Rule, index: int, points: Floats, z: Floats, limits: Limits) -> bool:
    if rule is LIMIT:
        return limits.out(float(points[index]))
    first = index - rule.span + 1
    span = z[max(first, 0) : index + 1]
    if first < 0 or np.isnan(span).any():
        return False
    return rule.broken(span, points[first : index + 1])
