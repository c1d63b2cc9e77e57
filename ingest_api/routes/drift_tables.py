"""Drift as tables: windows as CSV, a line a test, and the features that moved most."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

_PLACE = ["start_ms", "window_s", "version", "feature", "reference", "state", "raised"]
_FINDING = ["statistic", "value", "threshold", "p", "adjusted", "drifted"]
HEADER = [*_PLACE, "reference_rows", "window_rows", "needed", *_FINDING]


def as_csv(windows: Iterable[Mapping[str, Any]], segment: str | None = None) -> Iterator[str]:
    """The header and then the lines of each window: one for each of its tests and of its other measures, or one without
    if it has none.

    `start_ms` is ms UTC, `reference` the number of the reference. Windows of a segment have a column more, its name.
    A text that a spreadsheet would run gets an apostrophe.
    """
    beside = [] if segment is None else [inert(segment)]
    yield lines([[*HEADER, *(["segment"] if beside else [])]])
    for row in windows:
        verdict = row["verdict"]
        place = [row[key] for key in _PLACE]
        sizes = [verdict.get(key) for key in ("reference", "window", "needed")]
        findings = [*verdict.get("findings", ()), *untested(verdict)] or [{}]
        yield lines([*map(inert, place), *sizes, *(one.get(key) for key in _FINDING), *beside] for one in findings)


def untested(verdict: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Measures of a verdict that no test of it is about, as findings: `statistic`, `value` and perhaps `p`."""
    measures = verdict.get("measures") or {}
    tested = {one["statistic"] for one in verdict.get("findings", ())}
    return [
        {"statistic": name, "value": value, "p": measures.get(f"{name}_p")}
        for name, value in measures.items()
        if value is not None and not name.endswith("_p") and name not in tested
    ]


def inert(value: Any) -> Any:
    """A value as it is, but a text that a spreadsheet would run gets an apostrophe."""
    return f"'{value}" if isinstance(value, str) and value.startswith(("=", "+", "-", "@", "\t", "\r")) else value


def lines(rows: Iterable[Iterable[Any]]) -> str:
    """Lines of CSV."""
    target = io.StringIO()
    csv.writer(target).writerows(rows)
    return target.getvalue()


def top_movers(windows: Iterable[Mapping[str, Any]], most: int) -> list[dict[str, Any]]:
    """Features by the share of their windows that drifted, then by their greatest PSI; at most `most`.

    `windows` counts those that could be judged, `drifted` those that drifted; `start_ms` (ms UTC) and `moved`, the bins
    that moved most, are of the window of the greatest PSI. Features without a judged window are left out.
    """
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for row in windows:
        if row["state"] not in ("ok", "drift"):
            continue
        empty = {"version": row["version"], "feature": row["feature"], "windows": 0, "drifted": 0, "psi": None}
        mover = found.setdefault((row["version"], row["feature"]), {**empty, "start_ms": None, "moved": []})
        mover["windows"] += 1
        mover["drifted"] += row["state"] == "drift"
        psi = next((one["value"] for one in row["verdict"].get("findings", ()) if one["statistic"] == "psi"), None)
        if psi is not None and (mover["psi"] is None or psi > mover["psi"]):
            mover |= {"psi": psi, "start_ms": row["start_ms"], "moved": row["verdict"].get("moved", [])}
    return sorted(found.values(), key=_rank)[:most]


def _rank(mover: Mapping[str, Any]) -> tuple[float, float, str, str]:
    return -mover["drifted"] / mover["windows"], -(mover["psi"] or 0.0), mover["version"], mover["feature"]
