"""History: check windows and digests of monitors, over all locations, at steps; and the Apdex of a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from vedette.history.availability import DAY_MS, HOUR_MS, Points, time_points_of
from vedette.statistics.apdex import SMALL_GROUP, Apdex, words
from vedette.statistics.quantiles import quantiles
from vedette.statistics.sketch import MAX_BUCKETS
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


_MOST_CELLS = 3 << 20
"""Steps by buckets of a sketch that are merged at once."""


def _steps(
    columns: CheckColumns, wanted: Span, targets: Mapping[int, int], percentiles: bool
) -> Iterator[tuple[int, _Steps]]:
    """Of each monitor the steps that its windows make, without zones that were judged by another than its target.

    All monitors are done at once: an operation on a few windows costs as much as one on thousands.
    """
    at = (columns.bucket_ms - wanted.from_ms) // wanted.step_ms
    # Where digests stand for most days, only the last steps have windows.
    low, high = (int(at.min()), int(at.max()) + 1) if len(at) else (0, 0)
    together = max(1, _MOST_CELLS // MAX_BUCKETS // max(1, high - low))
    monitors = sorted(targets)
    for begin in range(0, len(monitors), together):
        some = monitors[begin : begin + together]
        mine = columns if len(some) == len(monitors) else columns.select(np.isin(columns.monitor, some))
        yield from _steps_of(mine, wanted, {each: targets[each] for each in some}, (low, high), percentiles)


def _steps_of(
    columns: CheckColumns, wanted: Span, targets: Mapping[int, int], between: tuple[int, int], percentiles: bool
) -> Iterator[tuple[int, _Steps]]:
    low, high = between
    shape = len(targets), high - low
    number = np.searchsorted(list(targets), columns.monitor)
    group = number * (high - low) + (columns.bucket_ms - wanted.from_ms) // wanted.step_ms - low
    size = shape[0] * shape[1]
    present = np.array(list(targets.values()), np.int64)[number]
    counted = columns.judged_by(present).counts
    counts = np.array([np.bincount(group, row, size) for row in counted]).astype(np.int64).reshape(len(COUNTS), *shape)
    sum_ms = np.bincount(group, columns.sum_ms, size).reshape(shape)
    found = quantiles(columns.tails, group, size, SHARES).reshape(len(SHARES), *shape) if percentiles else None
    points = time_points_of(columns, number, shape[0])
    for at, monitor in enumerate(targets):
        steps = _Steps(
            np.zeros((len(COUNTS), wanted.points), np.int64),
            np.zeros(wanted.points),
            None if found is None else np.full((len(SHARES), wanted.points), np.nan),
            points[at],
        )
        steps.counts[:, low:high] = counts[:, at]
        steps.sum_ms[low:high] = sum_ms[at]
        if found is not None and steps.quantiles is not None:
            steps.quantiles[:, low:high] = found[:, at]
        yield monitor, steps


def digestible(wanted: Span, location: str | None, percentiles: bool) -> bool:
    """Whether digests of days can stand for their rows: they have quantiles of whole days, and over all locations."""
    return tier_of(wanted.step_ms) == "1d" and location is None and (wanted.step_ms == DAY_MS or not percentiles)


def _add_digest(steps: _Steps, digest: Digest, wanted: Span, target_ms: int) -> None:
    """Days that are in none of the steps yet."""
    days = digest.days
    zones = digest.judged_by(target_ms).sum(axis=1)
    first = (digest.first_ms - wanted.from_ms) // DAY_MS
    if wanted.step_ms == DAY_MS:
        at = slice(first, first + len(days))
        steps.counts[:ZONES, at] += zones.T
        steps.counts[ZONES:, at] += days["counts"].T
        steps.sum_ms[at] += days["sum_ms"]
        if steps.quantiles is not None:
            steps.quantiles[:, at] = days["quantiles"].T
    else:
        step = np.arange(first, first + len(days)) // (wanted.step_ms // DAY_MS)
        np.add.at(steps.counts[:ZONES].T, step, zones)
        np.add.at(steps.counts[ZONES:].T, step, days["counts"])
        np.add.at(steps.sum_ms, step, days["sum_ms"])
    good, counted = days["minutes"].sum(axis=0).tolist()
    steps.points += Points(good, counted)


def _scores(zones: npt.NDArray[np.int64], target_ms: int) -> list[dict[str, Any]]:
    """What `show_apdex` shows, of many steps at once."""
    satisfied, tolerating, _ = zones
    count = zones.sum(axis=0)
    some = np.maximum(count, 1)
    hundredths = (200 * satisfied + 100 * tolerating + count) // (2 * some)
    scores = ((satisfied + tolerating / 2) / some).tolist()
    known, none = words(target_ms), show_apdex(Apdex(0, 0, 0, target_ms))
    shown = (hundredths + 101 * (count < SMALL_GROUP)).tolist()
    return [
        {"score": score, "display": known[at][0], "band": known[at][1], "count": n} if n else none
        for score, at, n in zip(scores, shown, count.tolist(), strict=True)
    ]


def histories(
    columns: CheckColumns,
    digests: Mapping[int, Sequence[Digest]],
    wanted: Span,
    targets: Mapping[int, int],
    *,
    percentiles: bool = True,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Of each monitor the history, of its windows and of digests of days; `targets` (ms) tells which monitors."""
    for monitor, steps in _steps(columns, wanted, targets, percentiles):
        for digest in digests.get(monitor, ()):
            _add_digest(steps, digest, wanted, targets[monitor])
        yield monitor, _shown(steps, targets[monitor])


def _shown(steps: _Steps, target_ms: int) -> dict[str, Any]:
    """Counts, times and Apdex at each step, and a summary of the whole range.

    Checks that were judged by another target than the present one are in no zone, and in no score.
    """
    counts = steps.counts
    body: dict[str, Any] = dict(zip(COUNTS, counts.tolist(), strict=True))
    good = counts[COUNTS.index("up")] + counts[COUNTS.index("degraded")]
    averages = (steps.sum_ms / np.maximum(good, 1)).tolist()
    body["avg_ms"] = [average if n else None for average, n in zip(averages, good.tolist(), strict=True)]
    if steps.quantiles is not None:
        for share, row in zip(SHARES, steps.quantiles.tolist(), strict=True):
            body[f"p{round(100 * share)}_ms"] = [None if value != value else value for value in row]
    body["apdex"] = _scores(counts[:ZONES], target_ms)
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
        there = (digest.days["targets"].max(axis=0, initial=0) > 0).tolist()
        for name, known, zones in zip(digest.locations, there, digest.judged_by(target_ms).sum(axis=0), strict=True):
            if known:
                places[name] = places.get(name, nothing) + zones
    return {
        **_scored(sum(places.values(), nothing), target_ms),
        "target_ms": target_ms,
        "locations": [{"location": place, **_scored(places[place], target_ms)} for place in sorted(places)],
    }
