"""Series of hosts whose mean in the minutes after a situation's beginning is off what they had before."""

from __future__ import annotations

from typing import Any, NamedTuple
from urllib.parse import urlencode

import numpy as np

from ingest_api.situations.kindred import Kindred
from vedette.events.names import format_series, parse_series
from vedette.situations.score import SMALLEST, Floats, deviations, scored, size_of
from vedette.situations.situation import Situation
from vedette.store import around
from vedette.store.pool import Store
from vedette.store.windows import Rows, read_rows

_MINUTE_MS = 60_000
USUAL_MS = (45 * _MINUTE_MS, 5 * _MINUTE_MS)
"""What is usual: from so long before the beginning until so long before it."""
AFTER_MS = 10 * _MINUTE_MS
ROWS = 12_000
"""Rows (a host, a layout and a minute) that are read at most; the situation's own hosts first."""
MOST_HOSTS = 100
MOST_SERIES = 20
_OF_HOST = 5
_LEAST_MINUTES = 5


class Part(NamedTuple):
    """The rows of a host in one layout, of which the table holds so many minutes."""

    host: str
    source: int
    layout: int
    minutes: int


def host_changes(
    store: Store, account: int, situation: Situation, near: Kindred, now_ms: int
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Up to `MOST_SERIES` series, at most five of a host, those that moved most; and what was read for them."""
    start = situation.started_ms - situation.started_ms % _MINUTE_MS
    from_ms, to_ms = start - USUAL_MS[0], min(start + AFTER_MS, now_ms - now_ms % _MINUTE_MS)
    told = {alert.subject.removeprefix("series:") for alert in situation.alerts if alert.subject.startswith("series:")}
    parts, left_out = _within_budget(store, account, near, from_ms, to_ms)
    found: list[dict[str, Any]] = []
    for layout in sorted({part.layout for part in parts}):
        names, kinds = _layout(store, layout)
        members = {part.source: part.host for part in parts if part.layout == layout}
        rows = read_rows(store, layout, sorted(members), range(1, len(names) + 1), from_ms, to_ms, "1m")
        counters = np.array([kind == "counter" for kind in kinds])
        for source, held in rows.items():
            found += _moved(members[source], names, counters, held, start, told, near)
    found.sort(key=lambda change: (-change["score"], change["title"]))
    chosen: list[dict[str, Any]] = []
    of_host = dict.fromkeys((part.host for part in parts), 0)
    for change in found:
        if of_host[change["source"]] < _OF_HOST and len(chosen) < MOST_SERIES:
            of_host[change["source"]] += 1
            chosen.append(change)
    looked_at = {
        "hosts": {
            "from_ms": from_ms,
            "to_ms": to_ms,
            "hosts": len({part.host for part in parts}),
            "rows": sum(part.minutes for part in parts),
            "left_out": left_out,
        }
    }
    return chosen, looked_at


def _within_budget(store: Store, account: int, near: Kindred, from_ms: int, to_ms: int) -> tuple[list[Part], int]:
    """What is read, the nearest hosts first, and how many hosts are not, since it would be too much."""
    heard = around.hosts_heard(store, account, from_ms, 10 * MOST_HOSTS)
    order = {"own": 0, "akin": 1, "other": 2}
    wanted = sorted(heard, key=lambda name: (order[near.host(name)], name))
    by_host: dict[str, list[Part]] = {}
    for row in around.minutes_held(store, account, wanted[:MOST_HOSTS], from_ms, to_ms):
        by_host.setdefault(row[0], []).append(Part(*row))
    parts: list[Part] = []
    left, left_out = ROWS, len(wanted[MOST_HOSTS:])
    for name in wanted[:MOST_HOSTS]:
        mine = by_host.get(name, [])
        rows = sum(part.minutes for part in mine)
        if rows > left:
            left_out += 1
            continue
        left -= rows
        parts += mine
    return parts, left_out


def _layout(store: Store, layout: int) -> tuple[list[str], list[str]]:
    row = store.row("SELECT names, kinds FROM layouts WHERE id = %s", layout)
    return ([], []) if row is None else (row["names"], row["kinds"])


def _moved(
    host: str, names: list[str], counters: Any, rows: Rows, start: int, told: set[str], near: Kindred
) -> list[dict[str, Any]]:
    minutes, values = _by_minute(rows, counters)
    before, after = values[minutes < start - USUAL_MS[1]], values[minutes >= start]
    if len(before) < _LEAST_MINUTES or not len(after):
        return []
    moved, usual, now = deviations(before, after)
    kin = near.host(host)
    found = []
    for at in np.flatnonzero(np.abs(moved) >= SMALLEST).tolist():
        if f"{host}/{names[at]}" in told:
            continue
        link = "/v1/query?" + urlencode(
            {"series": _selector(names[at], host), "from": start - USUAL_MS[0], "to": start + AFTER_MS, "step": 60}
        )
        found.append(
            {
                "kind": "series", "title": f"{host}: {names[at]}", "at_ms": start,
                **scored(size_of(moved[at]), 1.0, kin), "link": link, "source": host, "series": names[at],
                "before": float(usual[at]), "after": float(now[at]), "deviation": round(float(moved[at]), 2),
            }
        )  # fmt: skip
    return found


def _by_minute(rows: Rows, counters: Any) -> tuple[Any, Floats]:
    """Minutes (ms UTC) and, a row for each, the mean of a gauge and the rate per second of a counter."""
    minutes, first = np.unique(rows.bucket_ms // _MINUTE_MS * _MINUTE_MS, return_index=True)
    sums = np.add.reduceat(rows.sums, first, axis=0)
    n = np.add.reduceat(rows.n, first)
    return minutes, np.where(counters, sums / 60.0, sums / np.maximum(n, 1)[:, None])


def _selector(series: str, host: str) -> str:
    name, labels = parse_series(series)
    return format_series(name, tuple(sorted({**dict(labels), "source": host}.items())))
