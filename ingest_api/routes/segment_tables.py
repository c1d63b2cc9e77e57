"""Segments by features as tables, the worst first: as JSON, CSV and in a report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from ingest_api.routes.drift_tables import inert, lines

HEADER = ["version", "segment", "feature", "windows", "drifted", "psi", "rows", "state", "raised", "start_ms"]
MOST_SEGMENTS, MOST_FEATURES = 25, 12
"""Of a report's table."""


def cells_as_csv(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The header and a line for each segment and feature. `start_ms` (ms UTC) is the newest window's."""
    yield lines([HEADER])
    yield lines([[inert(cell[key]) for key in HEADER] for cell in cells])


def by_segment(cells: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Segments of versions in the order of their worst feature: `drifted` and `raised` count features, `rows` are the
    most that one of them had, and `features` are its cells."""
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for cell in cells:
        key = (cell["version"], cell["segment"])
        empty = {"version": key[0], "segment": key[1], "rows": 0, "raised": 0, "drifted": 0, "features": []}
        one = found.setdefault(key, empty)
        one["rows"] = max(one["rows"], cell["rows"])
        one["raised"] += bool(cell["raised"])
        one["drifted"] += cell["drifted"] > 0
        one["features"].append({name: cell[name] for name in HEADER[2:]})
    return list(found.values())


def as_table(cells: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table of HTML: segments by features, each cell the windows that drifted of those that were judged."""
    if not cells:
        return
    segments = by_segment(cells)[:MOST_SEGMENTS]
    features = list(dict.fromkeys(cell["feature"] for cell in cells))[:MOST_FEATURES]
    yield "<h2>By segment</h2><p class=muted>Windows that drifted of those judged, the worst first"
    yield f"; {len(segments)} segments, {len(features)} features. ! where drift is raised at the end.</p>"
    yield f"<table><tr><th>Segment{''.join(f'<th class=n>{escape(name)}' for name in features)}</tr>"
    for segment in segments:
        known = {one["feature"]: one for one in segment["features"]}
        name = segment["segment"] + (f" @{segment['version']}" if segment["version"] else "")
        yield f"<tr><td>{escape(name)}{''.join(_cell(known.get(feature)) for feature in features)}</tr>"
    yield "</table>"


def _cell(one: Mapping[str, Any] | None) -> str:
    if one is None:
        return "<td class=n>"
    if not one["windows"]:
        return "<td class=n>too few rows"
    text = f"{one['drifted']} of {one['windows']}"
    return f"<td class=n>{f'<b>{text}</b>' if one['drifted'] else text}{' !' if one['raised'] else ''}"
