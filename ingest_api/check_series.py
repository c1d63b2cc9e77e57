"""Check series: Apdex, failures and durations of checks, as series that queries can name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

from ingest_api.context import Context
from vedette.errors import InvalidInput
from vedette.events.check_series import NAMES, CheckSeries, labels_in, matches, may_match, named
from vedette.events.selectors import Selector
from vedette.statistics.sketch import Sketch
from vedette.store.alerts import monitor_tags
from vedette.store.checks import CheckWindow
from vedette.store.query import Span

CHECK_PREFIX = "check."
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


_DURATIONS: dict[str, Fold] = {
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


def _scores(windows: list[CheckWindow]) -> tuple[float, int]:
    """Apdex scores of checks, added up, and how many."""
    satisfied, tolerating = (sum(getattr(w, zone) for w in windows) for zone in ("satisfied", "tolerating"))
    return satisfied + tolerating / 2, satisfied + tolerating + sum(w.frustrated for w in windows)


def _failures(windows: list[CheckWindow]) -> tuple[float, int]:
    failed = sum(window.down for window in windows)
    return float(failed), failed + _good(windows)


def _mean(count: Callable[[list[CheckWindow]], tuple[float, int]], windows: list[CheckWindow]) -> float | None:
    total, many = count(windows)
    return total / many if many else None


def _shares(count: Callable[[list[CheckWindow]], tuple[float, int]]) -> dict[str, Fold]:
    return {
        "avg": partial(_mean, count),
        "sum": lambda windows: count(windows)[0],
        "count": lambda windows: float(count(windows)[1]),
    }


_FOLDS: dict[str, dict[str, Fold]] = {
    "duration_ms": _DURATIONS,
    "apdex": _shares(_scores),
    "failure_ratio": _shares(_failures),
}


def mean_of(measure: str, windows: list[CheckWindow]) -> float | None:
    """The Apdex, the share of failed checks or the mean duration of some windows; None without such checks."""
    return _FOLDS[measure]["avg"](windows)


def check_series(
    context: Context, account: int, selectors: Sequence[Selector], wanted: Span, agg: str
) -> list[dict[str, Any]]:
    """`check.NAME{monitor,location}` and `endpoint.NAME{monitor}`: `apdex`, `failure_ratio`, and `duration_ms` of
    checks that succeeded. Other labels choose by the monitor's name and its own labels."""
    for selector in selectors:
        name = named(selector)
        if name is None:
            given = next((m.text for m in selector.matchers if m.label == "__name__"), None)
            raise InvalidInput("series", given, f"{', '.join(NAMES)}, or a host's series")
        if agg not in (folds := _FOLDS[name.partition(".")[2]]):
            raise InvalidInput("agg", agg, f"{', '.join(folds)} (for {name})")
    found: list[dict[str, Any]] = []
    for monitor, (called, own) in sorted(monitor_tags(context.store, account).items()):
        labels = {**labels_in(own), "name": called}
        names = {name for one in selectors if (name := named(one)) and may_match(one, monitor, labels)}
        if not names:
            continue
        windows = context.history.check_windows(
            account, monitor, wanted.from_ms, wanted.to_ms, hours=wanted.step_ms % _HOUR_MS == 0
        )
        places: list[str | None] = [None, *sorted({window.location for window in windows})] if windows else []
        for name in sorted(names):
            scope, _, measure = name.partition(".")
            for place in places:
                series = CheckSeries(monitor, place, measure)
                if (place is None) != (scope == "endpoint") or not any(matches(s, series, labels) for s in selectors):
                    continue
                mine = [window for window in windows if place in (None, window.location)]
                shown = {"monitor": str(monitor)} if place is None else {"monitor": str(monitor), "location": place}
                values = by_step(mine, wanted, _FOLDS[measure][agg])
                found.append({"source": "", "name": name, "labels": shown, "kind": "gauge", "values": values})
    return found


def by_step(windows: Sequence[CheckWindow], wanted: Span, fold: Fold) -> list[float | None]:
    """`fold` of the windows of each step; None for a step without windows."""
    steps: dict[int, list[CheckWindow]] = {}
    for window in windows:
        steps.setdefault((window.bucket_ms - wanted.from_ms) // wanted.step_ms, []).append(window)
    return [fold(steps[at]) if at in steps else None for at in range(wanted.points)]
