"""Control charts of features over the windows of a version: the last points of each, and the rules they break."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from vedette.statistics.drift.chart_rules import LIMIT, Points, breaks, chosen
from vedette.statistics.drift.control import Point, points_of
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.profile import FeatureProfile
from vedette.windows.drift_config import DriftConfig

REMEMBERED = 15
"""Points that the longest rule looks at."""
MOST_TOLD = 10
"""Charts of a feature that a signal tells of."""


class Charted(msgspec.Struct, frozen=True, gc=False):
    """A chart's point in a window, its limits, and the names of the rules that it breaks with those before it."""

    chart: str
    of: str
    value: float
    centre: float
    lower: float
    upper: float
    broken: tuple[str, ...]


@dataclass(slots=True)
class ChartMemory:
    """The last points of a feature's charts: value, far, near. Of another reference they say nothing.

    `out`: a chart was out of control in the newest window with rows, so an alert may be open.
    """

    reference: int
    points: dict[tuple[str, str], list[tuple[float, float, float]]] = field(default_factory=dict)
    out: bool = False

    def __setstate__(self, state: tuple[None, dict[str, Any]]) -> None:
        """Take a snapshot; one of an older version does not say whether a chart was out, so one may have been."""
        for name, value in {"out": True, **state[1]}.items():
            setattr(self, name, value)


def chart(
    config: DriftConfig, reference: int, profile: FeatureProfile, counts: Counts, standing: dict[str, ChartMemory]
) -> tuple[Charted, ...]:
    """A feature's charts in a window that is over; `standing`, by feature, moves on.

    A window with too few values for a point is none: runs go on behind it. Windows that overlap share rows, so their
    points are no runs: they are compared with the limits only.
    """
    rules = chosen(config.charts)
    if config.window_rows is None and config.slide_ms < config.window_ms:
        rules = tuple(rule for rule in rules if rule is LIMIT)
    memory = standing.get(profile.name)
    if memory is None or memory.reference != reference:
        memory = standing[profile.name] = ChartMemory(reference, out=memory is not None and memory.out)
    found = []
    for point in points_of(profile, counts, config.chart_width):
        last = [*memory.points.get((point.chart, point.of), ()), (point.value, point.far, point.near)][-REMEMBERED:]
        memory.points[point.chart, point.of] = last
        broken = breaks(Points(*np.array(last).T), point.out, rules)
        found.append(_charted(point, broken))
    if counts.rows:
        memory.out = any(one.broken for one in found)
    return tuple(found)


def _charted(point: Point, broken: list[str]) -> Charted:
    return Charted(point.chart, point.of, point.value, point.centre, point.lower, point.upper, tuple(broken))


def out_of_control(charted: tuple[Charted, ...]) -> str | None:
    """Charts that are out of control, as a signal tells of them: JSON; None if there are none."""
    out = [one for one in charted if one.broken]
    return msgspec.json.encode(out[:MOST_TOLD]).decode() if out else None
