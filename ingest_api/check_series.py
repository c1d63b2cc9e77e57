"""Check series: durations and counts of checks, as series that queries can name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from ingest_api.context import Context
from vedette.errors import InvalidInput
from vedette.events.selectors import Selector
from vedette.statistics.sketch import Sketch
from vedette.store import monitors
from vedette.store.checks import CheckWindow
from vedette.store.query import Span

CHECK_PREFIX = "check."
NAME = "check.duration_ms"
_HOUR_MS = 3_600_000

Fold = Callable[[list[CheckWindow]], float | None]


def sketch_of(windows: Sequence[CheckWindow]) -> Sketch:
    """The merged sketch of several windows."""
    return Sketch.merged(window.sketch for window in windows)


def _good(windows: Sequence[CheckWindow]) -> int:
    return sum(window.up + window.degraded for window in windows)


def _average(windows: list[CheckWindow]) -> float | None:
    count = _good(windows)
    return sum(window.sum_ms for window in windows) / count if count else None


_FOLDS: dict[str, Fold] = {
    "avg": _average,
    "sum": lambda windows: sum(window.sum_ms for window in windows),
    "count": lambda windows: float(_good(windows)),
    "min": lambda windows: min((w.min_ms for w in windows if w.min_ms is not None), default=None),
    "max": lambda windows: max((w.max_ms for w in windows if w.max_ms is not None), default=None),
    "p50": lambda windows: sketch_of(windows).quantile(0.5),
    "p90": lambda windows: sketch_of(windows).quantile(0.9),
    "p95": lambda windows: sketch_of(windows).quantile(0.95),
    "p99": lambda windows: sketch_of(windows).quantile(0.99),
}


def check_series(
    context: Context, account: int, selectors: Sequence[Selector], wanted: Span, agg: str
) -> list[dict[str, Any]]:
    """`check.duration_ms{monitor,location}`: milliseconds of checks that succeeded."""
    fold = _FOLDS.get(agg)
    if fold is None:
        raise InvalidInput("agg", agg, f"{', '.join(_FOLDS)} (for {NAME})")
    found: list[dict[str, Any]] = []
    for monitor in sorted(monitors.ids(context.store, account)):
        candidates = [s for s in selectors if _matches(s, monitor, None)]
        if not candidates:
            continue
        windows = context.history.check_windows(
            account, monitor, wanted.from_ms, wanted.to_ms, hours=wanted.step_ms % _HOUR_MS == 0
        )
        for location in sorted({window.location for window in windows}):
            if any(_matches(selector, monitor, location) for selector in candidates):
                mine = [window for window in windows if window.location == location]
                values = by_step(mine, wanted, fold)
                labels = {"monitor": str(monitor), "location": location}
                found.append({"source": "", "name": NAME, "labels": labels, "kind": "gauge", "values": values})
    return found


def by_step(windows: Sequence[CheckWindow], wanted: Span, fold: Fold) -> list[float | None]:
    """`fold` of the windows of each step; None for a step without windows."""
    steps: dict[int, list[CheckWindow]] = {}
    for window in windows:
        steps.setdefault((window.bucket_ms - wanted.from_ms) // wanted.step_ms, []).append(window)
    return [fold(steps[at]) if at in steps else None for at in range(wanted.points)]


def _matches(selector: Selector, monitor: int, location: str | None) -> bool:
    known = {"__name__": NAME, "monitor": str(monitor)}
    if location is not None:
        known["location"] = location
    return all(m.matches(known.get(m.label, "")) for m in selector.matchers if location is not None or m.label in known)
