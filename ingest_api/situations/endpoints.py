"""Endpoints that answered otherwise after a situation's beginning than before: Apdex, failures, time."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any

import numpy as np

from ingest_api.situations.kindred import Kindred
from vedette.situations.score import SMALLEST, deviations, scored, size_of
from vedette.situations.situation import Situation
from vedette.statistics.trends.comparison import compare
from vedette.store import around
from vedette.store.pool import Store

_MINUTE_MS = 60_000
USUAL_MS = (60 * _MINUTE_MS, 5 * _MINUTE_MS)
"""What is usual: from so long before the beginning until so long before it."""
AFTER_MS = 15 * _MINUTE_MS
MOST_MONITORS = 200
MOST = 20
_LEAST_MINUTES = 5


def endpoint_changes(
    store: Store, situation: Situation, near: Kindred, now_ms: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Up to `MOST` monitors, those that moved most, and what was read for them.

    Monitors that the situation's own alerts are about are left out: they are its cost. Of each of the others the
    measure that moved most is told.
    """
    start = situation.started_ms - situation.started_ms % _MINUTE_MS
    from_ms, to_ms = start - USUAL_MS[0], min(start + AFTER_MS, now_ms - now_ms % _MINUTE_MS)
    order = {"own": 0, "akin": 1, "other": 2}
    others = sorted(
        (number for number in near.watched if number not in near.monitors),
        key=lambda number: (order[near.monitor(number)], number),
    )
    chosen = others[:MOST_MONITORS]
    found = []
    rows = around.check_minutes(store, chosen, from_ms, to_ms)
    for monitor, minutes in groupby(rows, key=lambda row: row[0]):
        measured = _measures(list(minutes), start)
        if measured is None or abs(measured["deviation"]) < SMALLEST:
            continue
        name, measure = near.watched[monitor].name, measured.pop("measure")
        found.append(
            {
                "kind": "endpoint", "title": f"{name}: {measure}", "at_ms": start,
                **scored(size_of(measured["deviation"]), 1.0, near.monitor(monitor)),
                "link": f"/v1/monitors/{monitor}/history?from={from_ms}&to={start + AFTER_MS}",
                "monitor": monitor, "measure": measure, **measured,
            }
        )  # fmt: skip
    found.sort(key=lambda change: (-change["score"], change["title"]))
    looked_at = {"endpoints": {
        "from_ms": from_ms, "to_ms": to_ms, "monitors": len(chosen), "left_out": len(others) - len(chosen)
    }}  # fmt: skip
    return found[:MOST], looked_at


def _measures(minutes: Sequence[tuple[int, ...]], start: int) -> dict[str, Any] | None:
    """What moved most: `apdex` and `failures` in standard errors (z), `time_ms` in spreads of the minutes' means."""
    table = np.array([row[1:] for row in minutes], np.float64)
    before, after = table[table[:, 0] < start - USUAL_MS[1]], table[table[:, 0] >= start]
    if len(before) < _LEAST_MINUTES or not len(after):
        return None
    found: list[dict[str, Any]] = []
    (*first_zones, failed, counted), (*second_zones, failed_now, counted_now) = (
        side[:, 1:6].sum(axis=0).astype(int).tolist() for side in (before, after)
    )
    zones = compare(tuple(first_zones), tuple(second_zones))
    if zones is not None:
        found.append({"measure": "apdex", "deviation": zones.z, "before": zones.before, "after": zones.after})
    failures = compare((counted - failed, 0, failed), (counted_now - failed_now, 0, failed_now))
    if failures is not None:
        found.append(
            {
                "measure": "failures",
                "deviation": -failures.z,
                "before": 1 - failures.before,
                "after": 1 - failures.after,
            }
        )
    times = [side[side[:, 6] > 0] for side in (before, after)]
    if len(times[0]) >= _LEAST_MINUTES and len(times[1]):
        means = [(side[:, 7] / side[:, 6])[:, None] for side in times]
        moved, usual, now = deviations(*means)
        found.append(
            {"measure": "time_ms", "deviation": float(moved[0]), "before": float(usual[0]), "after": float(now[0])}
        )
    best = max(found, key=lambda one: abs(one["deviation"]), default=None)
    return None if best is None else {**best, "deviation": round(best["deviation"], 2)}
