"""How a model's windows are made, and what is known of it when they are."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import msgspec

from vedette.statistics.drift.decision import Policy
from vedette.statistics.drift.profile import FeatureProfile
from vedette.statistics.drift.segments import Segments
from vedette.statistics.drift.verdict import Plan

MOST_SLIDES = 100
"""Slides of a window."""
WINDOW_S = 3600
"""Length of a window of which nothing was said."""
FEWEST_ROWS = 200
"""Rows of a window that is made of rows: fewer give no answer on distributions."""


class DriftConfig(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a model's windows are made and judged: see `Plan` and `Policy`.

    A window lasts `window_s` and another one ends every `slide_s` (None: `window_s`, so that none overlap), or it is
    made of `window_rows` rows in the order of the log; then `window_s` only says after how long silence is told.
    `charts` are sets of rules by name, none: no control charts; `chart_width` are standard errors to their limits.
    `segment_by` is a column by whose values rows are counted apart too: the `segments` named, or the most frequent of
    the reference; `segment_only`: it is no feature itself. In windows of `multivariate_s` all columns are looked at
    together (None: they are not).
    """

    window_s: int = WINDOW_S
    slide_s: int | None = None
    window_rows: int | None = None
    alpha: float = 0.05
    correction: Literal["benjamini_hochberg", "holm"] = "benjamini_hochberg"
    tolerated: float = 0.0
    wanted: int = 1
    of: int = 1
    cooldown: int = 0
    charts: tuple[str, ...] = ()
    chart_width: float = 3.0
    segment_by: str | None = None
    segments: tuple[str, ...] | None = None
    segment_only: bool = False
    multivariate_s: int | None = None

    def plan(self) -> Plan:
        """How each window is judged."""
        return Plan(alpha=self.alpha, correction=self.correction, tolerated=self.tolerated)

    def policy(self) -> Policy:
        """When drift is raised and cleared."""
        return Policy(self.wanted, self.of, self.cooldown)

    @property
    def window_ms(self) -> int:
        """Length of a window."""
        return self.window_s * 1000

    @property
    def slide_ms(self) -> int:
        """From the end of a window to that of the next."""
        return self.window_ms if self.slide_s is None else self.slide_s * 1000


@dataclass(frozen=True, slots=True)
class Subject:
    """What is known of a model: `reference` is the number of what its rows are compared with, `profiles` by feature.

    `segments` are those of the reference, None if the settings ask for none or for others. They belong to the
    reference, so counts by one reference's segments are never added to those by another's.
    """

    name: str
    config: DriftConfig
    reference: int
    profiles: Mapping[str, FeatureProfile]
    segments: Segments | None = None

    @property
    def making(self) -> tuple[int, int, int, int]:
        """What windows are made by: those that were made by another are begun anew."""
        config = self.config
        return self.reference, config.window_ms, config.slide_ms, config.window_rows or 0


Find = Callable[[int, str], Subject | None]
"""The subject of a model and version; None if the model is gone or has no reference yet."""
