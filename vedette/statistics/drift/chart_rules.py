"""Rules that read a control chart: which of its points, with those before them, are out of control.

Rules of zones use the distance from the centre in standard deviations of a point; rules of trends look at values. A
point exactly on a limit is out. `run_lengths` has how seldom sets of rules alarm while nothing has changed.
Sources: Western Electric, Statistical Quality Control Handbook, 1956; Nelson, J. Quality Technology 16 (1984).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from vedette.errors import InvalidInput
from vedette.statistics.drift.charts import Limits

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Points:
    """Points of charts, the newest last in each row: shape (…, points).

    `far` are signed distances from the centre in standard deviations of a point, made smaller by the doubt about where
    the centre is; `near` the same without sign or doubt. Rules that ask for points far off use the one, those that ask
    for points close by the other. NaN where there is no point; no run goes through it.
    """

    values: Floats
    far: Floats
    near: Floats

    def first(self, many: int) -> Points:
        """The oldest so many."""
        return Points(self.values[..., :many], self.far[..., :many], self.near[..., :many])

    def last(self, span: int) -> Points:
        """The newest so many."""
        return Points(self.values[..., -span:], self.far[..., -span:], self.near[..., -span:])


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule over the last `span` points: of each row of `Points` with as many, whether it is broken."""

    name: str
    span: int
    broken: Callable[[Points], Flags]


def _beyond(wanted: int, sigmas: float) -> Callable[[Points], Flags]:
    def broken(points: Points) -> Flags:
        newest = points.far[..., -1:]
        same = points.far * np.sign(newest) >= sigmas
        return np.asarray((np.abs(newest[..., 0]) >= sigmas) & (same.sum(-1) >= wanted))

    return broken


def _one_side(points: Points) -> Flags:
    return np.asarray((points.far > 0).all(-1) | (points.far < 0).all(-1))


def _trend(points: Points) -> Flags:
    steps = np.diff(points.values)
    return np.asarray((steps > 0).all(-1) | (steps < 0).all(-1))


def _alternating(points: Points) -> Flags:
    steps = np.sign(np.diff(points.values))
    return np.asarray((steps[..., 1:] * steps[..., :-1] < 0).all(-1))


def _hugging(points: Points) -> Flags:
    return np.asarray((points.near < 1).all(-1))


def _avoiding(points: Points) -> Flags:
    return np.asarray((np.abs(points.far) >= 1).all(-1))


LIMIT = Rule("beyond a limit", 1, lambda points: np.zeros(points.values.shape[:-1], np.bool_))
"""Told from the limits themselves, which may be at 0 or 1; see `Limits.out`."""
EIGHT_ON_ONE_SIDE = Rule("eight on one side", 8, _one_side)
TWO_OF_THREE = Rule("two of three beyond 2 sigma", 3, _beyond(2, 2.0))
FOUR_OF_FIVE = Rule("four of five beyond 1 sigma", 5, _beyond(4, 1.0))
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
"""In the order of Nelson's numbers."""
SETS: dict[str, tuple[Rule, ...]] = {
    "limits": (LIMIT,),
    "limits_and_sides": DEFAULT,
    "western_electric": WESTERN_ELECTRIC,
    "nelson": NELSON,
    **{f"nelson_{number}": (rule,) for number, rule in enumerate(NELSON, 1)},
}
"""What may be chosen by name: whole sets, and Nelson's rules one by one."""


def chosen(names: Iterable[str]) -> tuple[Rule, ...]:
    """The rules of all these sets, each once."""
    found: dict[str, Rule] = {}
    for name in names:
        if name not in SETS:
            raise InvalidInput("charts", name, ", ".join(SETS))
        found |= {rule.name: rule for rule in SETS[name]}
    return tuple(found.values())


def violations(values: Sequence[float] | Floats, limits: Limits, rules: Sequence[Rule] = DEFAULT) -> list[list[str]]:
    """For each point, the names of the rules that it breaks together with the points before it.

    A point that is no number is out ("beyond a limit"), and no run goes through it.
    """
    found = np.asarray(values, np.float64)
    off = found - limits.centre
    with np.errstate(divide="ignore", invalid="ignore"):
        z = off / limits.sigma if limits.sigma > 0 else np.where(off == 0, 0.0, np.sign(off) * np.inf)
    points = Points(found, np.asarray(z), np.abs(z))
    return [breaks(points.first(end), limits.out(float(found[end - 1])), rules) for end in range(1, len(found) + 1)]


def breaks(points: Points, out: bool, rules: Sequence[Rule] = DEFAULT) -> list[str]:
    """The names of the rules that the newest point of one chart breaks; `out`: whether it is beyond a limit."""
    return [rule.name for rule in rules if (out if rule is LIMIT else bool(holds(rule, points)))]


def holds(rule: Rule, points: Points) -> Flags:
    """Of each row of points, whether the newest breaks the rule together with those before it."""
    if points.values.shape[-1] < rule.span:
        return np.zeros(points.values.shape[:-1], np.bool_)
    last = points.last(rule.span)
    return np.asarray(rule.broken(last) & ~np.isnan(last.far).any(-1))
