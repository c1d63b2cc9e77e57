"""History: check windows and digests of monitors, over all locations, at steps; and the Apdex of a range."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from vedette.history.availability import DAY_MS, HOUR_MS, Points, time_points_of
from vedette.statistics.apdex import SMALL_GROUP, Apdex, unsampled, words
from vedette.statistics.quantiles import quantiles
from vedette.statistics.sketch import MAX_BUCKETS
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, Tier
from vedette.store.check_digests import SHARES, Digest, judged_by
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
    """Of some monitors what is known of each step; of each monitor, over all steps, `points` in time.

    `counts` (`COUNTS`, monitors, steps), `sum_ms` (monitors, steps), `quantiles` (`SHARES`, monitors, steps).
    """

    monitors: list[int]
    counts: npt.NDArray[np.int64]
    sum_ms: npt.NDArray[np.float64]
    quantiles: npt.NDArray[np.float64] | None
    points: list[Points]


_MOST_CELLS = 3 << 20
"""Steps by buckets of a sketch that are merged at once."""
_MOST_STEPS = 1 << 18
"""Steps of all monitors that are done at once."""


def _steps(columns: CheckColumns, wanted: Span, targets: Mapping[int, int], percentiles: bool) -> Iterator[_Steps]:
    """The steps that the windows of monitors make, without zones that were judged by another than its target.

    Many monitors are done at once: an operation on a few windows costs as much as one on thousands.
    """
    at = (columns.bucket_ms - wanted.from_ms) // wanted.step_ms
    # Where digests stand for most days, only the last steps have windows.
    low, high = (int(at.min()), int(at.max()) + 1) if len(at) else (0, 0)
    together = max(1, min(_MOST_CELLS // MAX_BUCKETS // max(1, high - low), _MOST_STEPS // wanted.points))
    monitors = sorted(targets)
    for begin in range(0, len(monitors), together):
        some = monitors[begin : begin + together]
        mine = columns if len(some) == len(monitors) else columns.select(np.isin(columns.monitor, some))
        yield _steps_of(mine, wanted, {each: targets[each] for each in some}, (low, high), percentiles)


def _steps_of(
    columns: CheckColumns, wanted: Span, targets: Mapping[int, int], between: tuple[int, int], percentiles: bool
) -> _Steps:
    low, high = between
    shape, whole = (len(targets), high - low), (len(targets), wanted.points)
    number = np.searchsorted(list(targets), columns.monitor)
    group = number * (high - low) + (columns.bucket_ms - wanted.from_ms) // wanted.step_ms - low
    size = shape[0] * shape[1]
    present = np.array(list(targets.values()), np.int64)[number]
    counted = columns.judged_by(present).counts
    steps = _Steps(
        list(targets),
        np.zeros((len(COUNTS), *whole), np.int64),
        np.zeros(whole),
        np.full((len(SHARES), *whole), np.nan) if percentiles else None,
        time_points_of(columns, number, shape[0]),
    )
    for row, weights in zip(steps.counts, counted, strict=True):
        row[:, low:high] = np.bincount(group, weights, size).reshape(shape)
    steps.sum_ms[:, low:high] = np.bincount(group, columns.sum_ms, size).reshape(shape)
    if steps.quantiles is not None:
        found = quantiles(columns.tails, group, size, SHARES)
        steps.quantiles[:, :, low:high] = found.reshape(len(SHARES), *shape)
    return steps


def digestible(wanted: Span, location: str | None, percentiles: bool) -> bool:
    """Whether digests of days can stand for their rows: they have quantiles of whole days, and over all locations."""
    return tier_of(wanted.step_ms) == "1d" and location is None and (wanted.step_ms == DAY_MS or not percentiles)


def _add_digests(
    steps: _Steps, digests: Mapping[int, Sequence[Digest]], wanted: Span, targets: Mapping[int, int]
) -> None:
    """Days that are in none of the steps yet; those of monitors with the same days and as many locations at once."""
    alike: dict[tuple[int, int, int], list[tuple[int, Digest]]] = {}
    for row, monitor in enumerate(steps.monitors):
        for digest in digests.get(monitor, ()):
            kind = digest.first_ms, len(digest.days), len(digest.locations)
            alike.setdefault(kind, []).append((row, digest))
    for (first_ms, length, _), some in alike.items():
        rows = [row for row, _ in some]
        days = np.frombuffer(b"".join(digest.days.tobytes() for _, digest in some), some[0][1].days.dtype)
        shape = len(some), length, -1
        target = np.repeat([targets[steps.monitors[row]] for row in rows], length)
        zones = judged_by(days, target[:, None]).sum(axis=1, dtype=np.int64).reshape(shape)
        counts = np.concatenate([zones, days["counts"].reshape(shape)], axis=2)
        first = (first_ms - wanted.from_ms) // DAY_MS
        if wanted.step_ms == DAY_MS:
            at = slice(first, first + length)
            steps.counts[:, rows, at] += counts.transpose(2, 0, 1)
            steps.sum_ms[rows, at] += days["sum_ms"].reshape(shape[:2])
            if steps.quantiles is not None:
                steps.quantiles[:, rows, at] = days["quantiles"].reshape(shape).transpose(2, 0, 1)
        else:
            step = np.arange(first, first + length) // (wanted.step_ms // DAY_MS)
            for row, mine, sums in zip(rows, counts, days["sum_ms"].reshape(shape[:2]), strict=True):
                np.add.at(steps.counts[:, row].T, step, mine)
                np.add.at(steps.sum_ms[row], step, sums)
        minutes = days["minutes"].reshape(shape).sum(axis=1).tolist()
        for row, (good, counted) in zip(rows, minutes, strict=True):
            steps.points[row] += Points(good, counted)


class Scored(msgspec.Struct, frozen=True, gc=False):
    """A step's Apdex, as `show_apdex` shows it."""

    score: float | None
    display: str
    band: str | None
    count: int


@lru_cache(1024)
def _forms(target_ms: int) -> tuple[npt.NDArray[np.object_], npt.NDArray[np.object_]]:
    """Display forms and bands: those of `words`, and at the end those without samples."""
    forms = [*words(target_ms), (unsampled(target_ms), None)]
    return np.array([display for display, _ in forms], object), np.array([band for _, band in forms], object)


def _or_none(values: npt.NDArray[Any], absent: npt.NDArray[np.bool_]) -> list[list[Any]]:
    """Rows of values, with None where they are absent."""
    found: list[list[Any]] = values.tolist()
    for row in np.flatnonzero(absent.any(axis=1)).tolist():
        missing = absent[row].tolist()
        found[row] = [None if gone else value for value, gone in zip(found[row], missing, strict=True)]
    return found


def _scores(zones: npt.NDArray[np.int64], targets: Sequence[int]) -> list[list[Scored]]:
    """The Apdex of each step of each monitor."""
    satisfied, tolerating, _ = zones
    count = zones.sum(axis=0)
    some = np.maximum(count, 1)
    hundredths = (200 * satisfied + 100 * tolerating + count) // (2 * some)
    form = np.where(count, hundredths + 101 * (count < SMALL_GROUP), -1)
    scores, counts = _or_none((satisfied + tolerating / 2) / some, count == 0), count.tolist()
    found = []
    for row, target_ms in enumerate(targets):
        displays, bands = _forms(target_ms)
        at = form[row]
        found.append(list(map(Scored, scores[row], displays[at].tolist(), bands[at].tolist(), counts[row])))
    return found


def histories(
    columns: CheckColumns,
    digests: Mapping[int, Sequence[Digest]],
    wanted: Span,
    targets: Mapping[int, int],
    *,
    percentiles: bool = True,
) -> Iterator[tuple[int, dict[str, Any]]]:
    """Of each monitor the history, of its windows and of digests of days; `targets` (ms) tells which monitors."""
    for steps in _steps(columns, wanted, targets, percentiles):
        _add_digests(steps, digests, wanted, targets)
        yield from _shown(steps, [targets[each] for each in steps.monitors])


def _shown(steps: _Steps, targets: Sequence[int]) -> Iterator[tuple[int, dict[str, Any]]]:
    """Counts, times and Apdex at each step, and a summary of the whole range.

    Checks that were judged by another target than the present one are in no zone, and in no score.
    """
    counts = steps.counts
    good = counts[COUNTS.index("up")] + counts[COUNTS.index("degraded")]
    series: dict[str, list[list[Any]]] = dict(zip(COUNTS, counts.tolist(), strict=True))
    series["avg_ms"] = _or_none(steps.sum_ms / np.maximum(good, 1), good == 0)
    if steps.quantiles is not None:
        for share, values in zip(SHARES, steps.quantiles, strict=True):
            series[f"p{round(100 * share)}_ms"] = _or_none(values, np.isnan(values))
    series["apdex"] = _scores(counts[:ZONES], targets)
    downs, goods = counts[COUNTS.index("down")].sum(axis=1).tolist(), good.sum(axis=1).tolist()
    zones = counts[:ZONES].sum(axis=2).T
    for row, (monitor, target_ms) in enumerate(zip(steps.monitors, targets, strict=True)):
        down, succeeded, points = downs[row], goods[row], steps.points[row]
        summary = {
            "uptime": points.share,
            "exact": not points.estimated,
            "reachability": succeeded / (succeeded + down) if succeeded + down else None,
            "apdex": show_apdex(apdex_of(zones[row], target_ms)),
        }
        yield monitor, {**{name: rows[row] for name, rows in series.items()}, "summary": summary}


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
