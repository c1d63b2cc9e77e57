"""History: check windows of one monitor, over all locations, at steps; and the Apdex of a range."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ingest_api.availability import DAY_MS, HOUR_MS, Points, time_points
from vedette.statistics.apdex import Apdex, Display
from vedette.statistics.quantiles import quantiles
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, Tier
from vedette.store.check_digests import SHARES, Digest
from vedette.store.query import Span


def tier_of(step_ms: int) -> Tier:
    """The coarsest tier whose windows make up a step."""
    return "1d" if step_ms % DAY_MS == 0 else "1h" if step_ms % HOUR_MS == 0 else "1m"


def apdex_of(zones: npt.NDArray[np.int64], target_ms: int) -> Apdex:
    """The score of checks by zone."""
    satisfied, tolerating, frustrated = zones.tolist()
    return Apdex(satisfied, tolerating, frustrated, target_ms)


def zones_of(parts: Sequence[CheckColumns], target_ms: int) -> npt.NDArray[np.int64]:
    """Checks by zone, of all windows that were judged by that target."""
    nothing = np.zeros(ZONES, np.int64)
    return sum((part.judged_by(target_ms).counts[:ZONES].sum(axis=1) for part in parts), nothing)


def show_apdex(apdex: Apdex) -> dict[str, Any]:
    """As the API shows it: score, the specification's display form, band, number of samples."""
    return {"score": apdex.score, "display": apdex.display, "band": apdex.band, "count": apdex.count}


@dataclass(slots=True)
class _Steps:
    """What is known of each step: `counts` (`COUNTS`, steps), `sum_ms`, `quantiles`; of all steps, `points` in time."""

    counts: npt.NDArray[np.int64]
    sum_ms: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64] | None
    points: Points


def _steps(columns: CheckColumns, wanted: Span, percentiles: bool) -> _Steps:
    at = (columns.bucket_ms - wanted.from_ms) // wanted.step_ms
    points = wanted.points
    return _Steps(
        np.array([np.bincount(at, row, points) for row in columns.counts]).astype(np.int64),
        np.bincount(at, columns.sum_ms, points).astype(np.float64),
        quantiles(columns.tails, at, points, SHARES) if percentiles else None,
        time_points(columns),
    )


def digestible(wanted: Span, location: str | None, percentiles: bool) -> bool:
    """Whether digests of days can stand for their rows: they have quantiles of whole days, and over all locations."""
    return tier_of(wanted.step_ms) == "1d" and location is None and (wanted.step_ms == DAY_MS or not percentiles)


def _add_digests(steps: _Steps, digests: Sequence[Digest], wanted: Span, target_ms: int) -> None:
    """Days that follow each other without a gap, and that are in none of the steps yet."""
    zones = [digest.judged_by(target_ms).sum(axis=0) for digest in digests]
    counts = np.concatenate([np.concatenate(zones, axis=1), np.concatenate([d.counts for d in digests], axis=1)])
    sum_ms = np.concatenate([digest.sum_ms for digest in digests])
    days = np.arange(len(sum_ms))
    at = (digests[0].first_ms - wanted.from_ms + DAY_MS * days) // wanted.step_ms
    if wanted.step_ms == DAY_MS:
        steps.counts[:, at] += counts
        steps.sum_ms[at] += sum_ms
    else:
        np.add.at(steps.counts.T, at, counts.T)
        np.add.at(steps.sum_ms, at, sum_ms)
    if steps.quantiles is not None:
        steps.quantiles[:, at] = np.concatenate([digest.quantiles for digest in digests], axis=1)
    good, counted = sum((digest.minutes.sum(axis=1) for digest in digests), np.zeros(2, np.int64)).tolist()
    steps.points += Points(good, counted)


def history(
    columns: CheckColumns, digests: Sequence[Digest], wanted: Span, target_ms: int, *, percentiles: bool = True
) -> dict[str, Any]:
    """Counts, times and Apdex at each step, and a summary of the whole range, of windows and of digests of days.

    Checks that were judged by another target than the present one are in no zone, and in no score.
    """
    steps = _steps(columns.judged_by(target_ms), wanted, percentiles)
    if digests:
        _add_digests(steps, digests, wanted, target_ms)
    counts = steps.counts
    body: dict[str, Any] = dict(zip(COUNTS, counts.tolist(), strict=True))
    good = counts[COUNTS.index("up")] + counts[COUNTS.index("degraded")]
    averages = (steps.sum_ms / np.maximum(good, 1)).tolist()
    body["avg_ms"] = [average if n else None for average, n in zip(averages, good.tolist(), strict=True)]
    if steps.quantiles is not None:
        for share, row in zip(SHARES, steps.quantiles.tolist(), strict=True):
            body[f"p{round(100 * share)}_ms"] = [None if value != value else value for value in row]
    display = Display(target_ms)
    body["apdex"] = [display.show(*zones) for zones in zip(*counts[:ZONES].tolist(), strict=True)]
    down = int(counts[COUNTS.index("down")].sum())
    succeeded = int(good.sum())
    body["summary"] = {
        "uptime": steps.points.share,
        "exact": not steps.points.estimated,
        "reachability": succeeded / (succeeded + down) if succeeded + down else None,
        "apdex": show_apdex(apdex_of(counts[:ZONES].sum(axis=1), target_ms)),
    }
    return body


def _scored(found: npt.NDArray[np.int64], target_ms: int) -> dict[str, Any]:
    apdex = apdex_of(found, target_ms)
    zones = {name: getattr(apdex, name) for name in ("satisfied", "tolerating", "frustrated")}
    return {**show_apdex(apdex), **zones}


def apdex_report(parts: Sequence[CheckColumns], digests: Sequence[Digest], target_ms: int) -> dict[str, Any]:
    """The score over all locations and of each, with the counts that it is made of."""
    nothing = np.zeros(ZONES, np.int64)
    places: dict[str, npt.NDArray[np.int64]] = {}
    for part in parts:
        for place, zones in zip(part.tails, part.judged_by(target_ms).counts[:ZONES].T, strict=True):
            places[place.decode()] = places.get(place.decode(), nothing) + zones
    for digest in digests:
        there = (digest.targets.max(axis=1, initial=0) > 0).tolist()
        for name, known, zones in zip(digest.locations, there, digest.judged_by(target_ms).sum(axis=2), strict=True):
            if known:
                places[name] = places.get(name, nothing) + zones
    return {
        **_scored(sum(places.values(), nothing), target_ms),
        "target_ms": target_ms,
        "locations": [{"location": place, **_scored(places[place], target_ms)} for place in sorted(places)],
    }
