"""A ledger of rows that models were sent, and the counts that each of their windows must then have, worked out anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from vedette.events.features import Column, FeatureBatch
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.segments import Segments, fit_segments
from vedette.windows.drift_config import DriftConfig

PLANS = ["a", "b", "new"]
PROFILES: dict[str, FeatureProfile] = {
    "x": fit("x", [float(n % 40) for n in range(400)], "numeric"),
    "plan": fit("plan", ["a", "b"] * 200, "categorical"),
}
SEGMENTS: Segments = fit_segments(
    "plan", None, {"x": [float(n % 40) for n in range(400)], "plan": ["a", "b"] * 200}, list(PROFILES.values())
)
"""Of `x`: a, b, other (a plan that is new) and missing."""
Row = tuple[int, float, int]
"""Time in ms UTC, `x` (NaN: missing), and the place of its plan in `PLANS` (-1: missing)."""
Exact = tuple[tuple[int, ...], int, int, int, int]
"""Counts by bin, missing, other, below, above."""
Windows = dict[tuple[str, int], Exact]
"""Of one version, by feature and start."""


def columns(rows: Sequence[Row]) -> list[Column]:
    """The rows as they stand in the log."""
    x = np.array([x for _, x, _ in rows], "<f8").tobytes()
    plan = np.array([plan for *_, plan in rows], "<i4").tobytes()
    return [Column("x", "numbers", x), Column("plan", "codes", plan, PLANS)]


def times(rows: Sequence[Row]) -> bytes:
    """Their times as they stand in the log."""
    return np.array([at for at, *_ in rows], "<i8").tobytes()


def counted(rows: Sequence[Row]) -> dict[str, Exact]:
    """What they come to, by feature, counted at once."""
    x, plan = columns(rows)
    numbers, codes = np.frombuffer(x.data, "<f8"), np.frombuffer(plan.data, "<i4")
    found = {"x": PROFILES["x"].count(numbers), "plan": PROFILES["plan"].count_codes(codes, PLANS)}
    return {feature: counts.exact() for feature, counts in found.items()}


def counted_by_segment(rows: Sequence[Row]) -> dict[str, Exact]:
    """What `x` comes to by segment, counted apart; segments without rows are left out."""
    found = {}
    for at, segment in enumerate(["a", "b", "other", "missing"]):
        some = [x for _, x, plan in rows if plan == (at if at < 3 else -1)]
        if some:
            found[segment] = PROFILES["x"].count(np.array(some)).exact()
    return found


def expected(config: DriftConfig, rows: Sequence[Row]) -> Windows:
    """Windows of a version that was sent these rows in this order: by rows the full ones, by time those with any.

    By segment too, if the settings ask for it: the feature is then `SEGMENT/x`.
    """
    groups = grouped(config, rows)
    found = {(feature, start): exact for start, group in groups.items() for feature, exact in counted(group).items()}
    if config.segment_by is not None:
        for start, group in groups.items():
            found |= {(f"{segment}/x", start): exact for segment, exact in counted_by_segment(group).items()}
    return found


def grouped(config: DriftConfig, rows: Sequence[Row]) -> dict[int, list[Row]]:
    """Rows by the start of their window."""
    groups: dict[int, list[Row]] = {}
    if config.window_rows is not None:
        start = -1
        for begin in range(0, len(rows) - config.window_rows + 1, config.window_rows):
            start = max(rows[begin][0], start + 1)
            groups[start] = list(rows[begin : begin + config.window_rows])
    else:
        oldest, newest = min(at for at, *_ in rows), max(at for at, *_ in rows)
        for start in range(
            (oldest - config.window_ms) // config.slide_ms * config.slide_ms, newest + 1, config.slide_ms
        ):
            within = [row for row in rows if start <= row[0] < start + config.window_ms]
            if within:
                groups[start] = within
    return groups


@dataclass
class DriftLedger:
    """Reports of versions of models, and all rows that were sent of each in their order."""

    sent: dict[tuple[int, str], list[Row]] = field(default_factory=dict)
    reports: int = 0

    def report(self, model: int, version: str, rows: Sequence[Row], account: int = 1) -> FeatureBatch:
        """The next report."""
        self.sent.setdefault((model, version), []).extend(rows)
        self.reports += 1
        return FeatureBatch(account, model, version, 1, self.reports, times(rows), columns(rows))

    def windows(self, configs: Mapping[int, DriftConfig]) -> dict[tuple[int, str], Windows]:
        """What must be found, by model and version; `configs` by model."""
        return {key: expected(configs[key[0]], rows) for key, rows in self.sent.items()}
