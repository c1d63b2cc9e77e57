"""Windows of all columns together as CSV, a line a window, and as a table of HTML."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

from ingest_api.routes.drift_tables import inert, lines

MOST_SHOWN = 60
"""Windows of the table of HTML."""
SURE = 0.05
"""Features that moved with a greater p are not named there."""
_PLACE = ["start_ms", "window_s", "version", "reference", "state", "raised", "rows"]
_DOMAIN = ["auc", "low", "high", "p"]
_PLANE = ["error", "usual", "lower", "upper", "components", "p"]
_MOVED = ["feature", "baseline", "window"]
_PAIR = ["first", "second", "baseline", "window"]
HEADER = [
    *_PLACE,
    "sampled",
    "adjusted",
    *(f"domain_{key}" for key in _DOMAIN),
    *(f"reconstruction_{key}" for key in _PLANE),
    *(f"moved_{key}" for key in _MOVED),
    *(f"pair_{key}" for key in _PAIR),
    "absent",
    "left_out",
    "reason",
]


def wholes_as_csv(windows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """The header and then the windows, of each what both methods found, the feature and the pair that moved most, and
    columns that were not compared, joined by semicolons; nothing in what has no answer.

    `start_ms` is ms UTC, `reference` the number of the reference. A text that a spreadsheet would run gets an
    apostrophe.
    """
    yield lines([HEADER])
    for row in windows:
        result = row["result"]
        most: list[Mapping[str, Any]] = [next(iter(result.get(key, ())), {}) for key in ("moved", "pairs")]
        parts = zip(
            (result.get("domain") or {}, result.get("reconstruction") or {}, *most),
            (_DOMAIN, _PLANE, _MOVED, _PAIR),
            strict=True,
        )
        told = [part.get(key) for part, keys in parts for key in keys]
        named = ["; ".join(result.get(key, ())) for key in ("absent", "left_out")]
        values = [*(row[key] for key in _PLACE), result.get("sampled"), result.get("adjusted"), *told, *named]
        yield lines([map(inert, [*values, result.get("reason")])])


def as_table(windows: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """A table of HTML, the newest `MOST_SHOWN` windows, the newest first; nothing without any."""
    if not windows:
        return
    yield "<h2>All columns together</h2><table><tr><th>Window<th>Version<th><th class=n>Rows<th class=n>ROC area"
    yield "<th class=n>Reconstruction error<th class=n>p<th>What moved</tr>"
    for row in reversed(windows[-MOST_SHOWN:]):
        result = row["result"]
        begun = f"{datetime.fromtimestamp(row['start_ms'] / 1000, UTC):%Y-%m-%d %H:%M}"
        domain, plane = result.get("domain") or {}, result.get("reconstruction") or {}
        numbers = (domain.get("auc"), plane.get("error"), result.get("adjusted"))
        shown = "".join(f"<td class=n>{'' if one is None else f'{one:.3g}'}" for one in numbers)
        state = "drift" if row["state"] == "drift" else "quiet" if row["state"] == "ok" else "no answer"
        moved = [
            f"{one['feature']}: {one['baseline']:.3g} → {one['window']:.3g}"
            for one in result.get("moved", ())
            if row["state"] == "drift" and one["adjusted"] <= SURE
        ]
        said = escape(result.get("reason") or "; ".join(moved[:3]))
        yield f"<tr><td>{begun}<td>{escape(row['version'])}<td>{state}<td class=n>{row['rows']}{shown}<td>{said}</tr>"
    yield "</table>"
