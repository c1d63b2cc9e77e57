"""History: check windows of one monitor, over all locations, at steps."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ingest_api.check_series import by_step, sketch_of
from vedette.statistics.apdex import Apdex
from vedette.store.checks import CheckWindow
from vedette.store.query import Span

_COUNTS = ("satisfied", "tolerating", "frustrated", "up", "degraded", "down", "missed", "probe_error")


def apdex_of(windows: Sequence[CheckWindow], target_ms: int) -> Apdex:
    """The score of several windows."""
    return Apdex(
        sum(window.satisfied for window in windows),
        sum(window.tolerating for window in windows),
        sum(window.frustrated for window in windows),
        target_ms,
    )


def show_apdex(apdex: Apdex) -> dict[str, Any]:
    """As the API shows it: score, the specification's display form, band, number of samples."""
    return {"score": apdex.score, "display": apdex.display, "band": apdex.band, "count": apdex.count}


def availability(windows: Sequence[CheckWindow]) -> tuple[float | None, float | None]:
    """Uptime (share of windows with at least one success) and reachability (share of checks that succeeded).

    Missed slots and faults of the prober are in neither.
    """
    good: dict[int, int] = {}
    bad: dict[int, int] = {}
    for window in windows:
        good[window.bucket_ms] = good.get(window.bucket_ms, 0) + window.up + window.degraded
        bad[window.bucket_ms] = bad.get(window.bucket_ms, 0) + window.down
    counted = [bucket for bucket in good if good[bucket] + bad[bucket]]
    if not counted:
        return None, None
    uptime = sum(good[bucket] > 0 for bucket in counted) / len(counted)
    return uptime, sum(good.values()) / (sum(good.values()) + sum(bad.values()))


def history(windows: Sequence[CheckWindow], wanted: Span, target_ms: int) -> dict[str, Any]:
    """Counts, times and Apdex at each step, and a summary of the whole range."""
    steps: list[list[CheckWindow]] = [[] for _ in range(wanted.points)]
    for window in windows:
        steps[(window.bucket_ms - wanted.from_ms) // wanted.step_ms].append(window)
    sketches = [sketch_of(part) for part in steps]
    uptime, reachability = availability(windows)
    body: dict[str, Any] = {name: [sum(getattr(w, name) for w in part) for part in steps] for name in _COUNTS}
    body["avg_ms"] = by_step(windows, wanted, _average)
    for percent in (50, 95, 99):
        body[f"p{percent}_ms"] = [sketch.quantile(percent / 100) for sketch in sketches]
    body["apdex"] = [show_apdex(apdex_of(part, target_ms)) for part in steps]
    body["summary"] = {
        "uptime": uptime,
        "reachability": reachability,
        "apdex": show_apdex(apdex_of(windows, target_ms)),
    }
    return body


def _average(windows: list[CheckWindow]) -> float | None:
    good = sum(window.up + window.degraded for window in windows)
    return sum(window.sum_ms for window in windows) / good if good else None
