"""Windows of all columns together as CSV, a line a window."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ingest_api.routes.drift_tables import inert, lines

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
