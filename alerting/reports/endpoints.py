"""Endpoints of a report: uptime, reachability and Apdex of each monitor, by the rules of the API, and the worst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from alerting.reports.contents import Bands, Endpoint, Endpoints
from vedette.history.availability import HOUR_MS, Points, extent, time_points_of
from vedette.notifying.report import Period
from vedette.statistics.apdex import Apdex
from vedette.store.check_columns import COUNTS, ZONES, CheckColumns, read_columns
from vedette.store.pool import Connection
from vedette.store.report_figures import Row, checks_by_hour, places_of

TOGETHER = 500
"""Monitors that are read at once: their minutes of a week are some megabytes."""
WORST = 10
NAME = 120
"""Characters of a monitor's name."""


class Figures(NamedTuple):
    """One monitor in one period: minutes, checks that succeeded, checks that counted, and its zones by its target."""

    points: Points
    good: int
    counted: int
    apdex: Apdex


def figures(connection: Connection, monitors: Sequence[Row], from_ms: int, to_ms: int, now_ms: int) -> list[Figures]:
    """The figures of each of `monitors`, which come by number. The range is widened as the API widens it, to whole
    minutes up to two days, and to whole hours above."""
    found: list[Figures] = []
    for begin in range(0, len(monitors), TOGETHER):
        some = monitors[begin : begin + TOGETHER]
        ids = [row["id"] for row in some]
        places = places_of(connection, ids, from_ms)
        parts = [
            read_columns(connection, tier, ids, first, last, "location", places)
            for tier, first, last in extent(from_ms, to_ms).coarse(now_ms)
        ]
        found += _figures(parts, some)
    return found


def _figures(parts: Sequence[CheckColumns], monitors: Sequence[Row]) -> list[Figures]:
    many = len(monitors)
    ids = np.array([row["id"] for row in monitors], np.int64)
    targets = np.array([row["target_ms"] for row in monitors], np.int64)
    counts = np.zeros((len(COUNTS), many), np.int64)
    points = [Points()] * many
    for part in parts:
        number: npt.NDArray[np.int64] = np.searchsorted(ids, part.monitor)
        judged = part.judged_by(targets[number])
        counts += np.array([np.bincount(number, row, many) for row in judged.counts]).astype(np.int64)
        points = [mine + more for mine, more in zip(points, time_points_of(part, number, many), strict=True)]
    good = counts[COUNTS.index("up")] + counts[COUNTS.index("degraded")]
    counted = good + counts[COUNTS.index("down")]
    return [
        Figures(point, succeeded, n, Apdex(zones[0], zones[1], zones[2], target))
        for point, succeeded, n, zones, target in zip(
            points, good.tolist(), counted.tolist(), counts[:ZONES].T.tolist(), targets.tolist(), strict=True
        )
    ]


def by_hours(connection: Connection, monitors: Sequence[int], period: Period) -> tuple[int, list[tuple[int, int]]]:
    """The first hour of the period, and of each what counted and what failed, over all monitors."""
    first = period.from_ms - period.from_ms % HOUR_MS
    hours = [[0, 0] for _ in range(first, period.to_ms, HOUR_MS)]
    for begin in range(0, len(monitors), TOGETHER):
        some = monitors[begin : begin + TOGETHER]
        places = places_of(connection, some, first)
        for hour_ms, counted, failed in checks_by_hour(connection, some, places, first, period.to_ms):
            hours[(hour_ms - first) // HOUR_MS][0] += counted
            hours[(hour_ms - first) // HOUR_MS][1] += failed
    return first, [(counted, failed) for counted, failed in hours]


def endpoints_of(
    monitors: Sequence[Row],
    now: Sequence[Figures],
    before: Sequence[Figures],
    hours_ms: int,
    hours: list[tuple[int, int]],
) -> Endpoints:
    """All of a report about endpoints, from the figures of the period and of the one before."""
    shown = [
        Endpoint(
            id=row["id"],
            name=str(row["name"])[:NAME],
            uptime=mine.points.share,
            uptime_before=past.points.share,
            reachability=mine.good / mine.counted if mine.counted else None,
            down_minutes=round(mine.points.counted - mine.points.good),
            apdex=mine.apdex.display,
            apdex_before=past.apdex.display,
            band=mine.apdex.band,
        )
        for row, mine, past in zip(monitors, now, before, strict=True)
    ]
    scores = {row["id"]: mine.apdex.hundredths for row, mine in zip(monitors, now, strict=True)}
    failing = [one for one in shown if one.uptime is not None and (one.uptime < 1 or (one.reachability or 0) < 1)]
    slow = [one for one in shown if (scores[one.id] or 0) < 100 and scores[one.id] is not None]
    shares = [one.points.share for one in now if one.points.share is not None]
    return Endpoints(
        monitors=len(shown),
        checked=len(shares),
        exact=not any(one.points.estimated for one in (*now, *before)),
        uptime=_mean(shares),
        uptime_before=_mean([one.points.share for one in before if one.points.share is not None]),
        reachability=_share(now),
        reachability_before=_share(before),
        whole=sum(share == 1 for share in shares),
        bands=_bands(now),
        bands_before=_bands(before),
        worst=sorted(failing, key=lambda one: (one.uptime, one.reachability, one.name))[:WORST],
        slowest=sorted(slow, key=lambda one: (scores[one.id], one.name))[:WORST],
        hours_ms=hours_ms,
        hours=hours,
    )


def _mean(shares: Sequence[float]) -> float | None:
    return sum(shares) / len(shares) if shares else None


def _share(found: Sequence[Figures]) -> float | None:
    counted = sum(one.counted for one in found)
    return sum(one.good for one in found) / counted if counted else None


def _bands(found: Sequence[Figures]) -> Bands:
    words = [one.apdex.band for one in found if one.apdex.band is not None]
    return Bands(**{name: words.count(name.capitalize()) for name in Bands.__struct_fields__})
