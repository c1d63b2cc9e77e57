"""History: check windows of one monitor, over all locations, at steps; and the Apdex of a range."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ingest_api.availability import DAY_MS, HOUR_MS, by_location, time_points
from vedette.statistics.apdex import Apdex, Display
from vedette.statistics.quantiles import quantiles
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, Tier
from vedette.store.query import Span

PERCENTILES = (50, 95, 99)


def tier_of(step_ms: int) -> Tier:
    """The coarsest tier whose windows make up a step."""
    return "1d" if step_ms % DAY_MS == 0 else "1h" if step_ms % HOUR_MS == 0 else "1m"


def apdex_of(parts: Sequence[CheckColumns], target_ms: int) -> Apdex:
    """The score of all windows that were judged by that target."""
    sums = sum((part.judged_by(target_ms).counts[:ZONES].sum(axis=1) for part in parts), np.zeros(3, np.int64))
    satisfied, tolerating, frustrated = sums.tolist()
    return Apdex(satisfied, tolerating, frustrated, target_ms)


def show_apdex(apdex: Apdex) -> dict[str, Any]:
    """As the API shows it: score, the specification's display form, band, number of samples."""
    return {"score": apdex.score, "display": apdex.display, "band": apdex.band, "count": apdex.count}


def history(columns: CheckColumns, wanted: Span, target_ms: int, *, percentiles: bool = True) -> dict[str, Any]:
    """Counts, times and Apdex at each step, and a summary of the whole range.

    Checks that were judged by another target than the present one are in no zone, and in no score.
    """
    columns = columns.judged_by(target_ms)
    at = (columns.bucket_ms - wanted.from_ms) // wanted.step_ms
    points = wanted.points
    counts = np.array([np.bincount(at, row, points) for row in columns.counts]).astype(np.int64)
    body: dict[str, Any] = dict(zip(COUNTS, counts.tolist(), strict=True))
    good = counts[COUNTS.index("up")] + counts[COUNTS.index("degraded")]
    sums = np.bincount(at, columns.sum_ms, points)
    averages = (sums / np.maximum(good, 1)).tolist()
    body["avg_ms"] = [average if n else None for average, n in zip(averages, good.tolist(), strict=True)]
    if percentiles:
        found = quantiles(columns.tails, at, points, [percent / 100 for percent in PERCENTILES])
        for percent, row in zip(PERCENTILES, found.tolist(), strict=True):
            body[f"p{percent}_ms"] = [None if value != value else value for value in row]
    display = Display(target_ms)
    body["apdex"] = [display.show(*zones) for zones in zip(*counts[:ZONES].tolist(), strict=True)]
    down = int(counts[COUNTS.index("down")].sum())
    succeeded = int(good.sum())
    uptime = time_points(columns)
    body["summary"] = {
        "uptime": uptime.share,
        "exact": not uptime.estimated,
        "reachability": succeeded / (succeeded + down) if succeeded + down else None,
        "apdex": show_apdex(apdex_of([columns], target_ms)),
    }
    return body


def _scored(parts: Sequence[CheckColumns], target_ms: int) -> dict[str, Any]:
    apdex = apdex_of(parts, target_ms)
    zones = {name: getattr(apdex, name) for name in ("satisfied", "tolerating", "frustrated")}
    return {**show_apdex(apdex), **zones}


def apdex_report(parts: Sequence[CheckColumns], target_ms: int) -> dict[str, Any]:
    """The score over all locations and of each, with the counts that it is made of."""
    return {
        **_scored(parts, target_ms),
        "target_ms": target_ms,
        "locations": [{"location": place, **_scored(mine, target_ms)} for place, mine in by_location(parts).items()],
    }
