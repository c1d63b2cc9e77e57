"""Trend views: how a monitor's watch stands, and a release's before and after, as the API shows them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from vedette.statistics.apdex import Apdex
from vedette.statistics.trends.baseline import TRUSTED
from vedette.statistics.trends.budget import most_allowed
from vedette.statistics.trends.comparison import compare
from vedette.statistics.trends.smallest import smallest_change
from vedette.statistics.trends.trinomial import Trinomial
from vedette.store.trends import Sums

SPANS = {"1h": 12, "1d": 288, "7d": 2016}
"""Buckets of the ranges for which the smallest change that can be found is shown."""
_NOTHING = Sums((0, 0, 0), 0)


def show_standing(found: dict[str, Any] | None, monitors: int, allowed_a_day: float) -> dict[str, Any]:
    """State, standing, expectation, and what can be found at all; before the first bucket there is little to say."""
    allowed = min(allowed_a_day, most_allowed(max(monitors, 1)))
    body: dict[str, Any] = {
        "state": "learning",
        "at_ms": None,
        "learned_buckets": 0,
        "needed_buckets": TRUSTED,
        "standing": {"down": 0.0, "up": 0.0},
        "expected": None,
        "checks_per_bucket": None,
        "smallest_change": dict.fromkeys(SPANS),
        "false_alarms": {
            "per_day": allowed,
            "monitors": monitors,
            "days_between_per_monitor": max(monitors, 1) / allowed,
        },
        "profile": None,
    }
    if found is None:
        return body
    learned, needed = found["learned"], found["needed"]
    # As in the watch: what was never seen is not taken for impossible.
    reference = Trinomial.of_counts(found["satisfied"] + 1, found["tolerating"] + 0.5, found["frustrated"] + 0.5)
    checks = found["checks"]
    return {
        **body,
        "state": "watching" if learned >= needed else "learning",
        "at_ms": found["at_ms"],
        "learned_buckets": min(learned, needed),
        "needed_buckets": needed,
        "standing": {"down": found["down"], "up": found["up"]},
        "expected": found["expected"],
        "checks_per_bucket": checks,
        "smallest_change": {
            name: smallest_change(reference, round(checks * buckets)) if checks * buckets >= 1 else None
            for name, buckets in SPANS.items()
        },
        "profile": found["profile"],
    }


def show_comparison(
    monitors: Sequence[dict[str, Any]], before: Mapping[int, Sums], after: Mapping[int, Sums]
) -> list[dict[str, Any]]:
    """Each monitor that has checks on either side, the surest difference first."""
    rows: list[dict[str, Any]] = []
    for monitor in monitors:
        first, second = before.get(monitor["id"], _NOTHING), after.get(monitor["id"], _NOTHING)
        if first is _NOTHING and second is _NOTHING:
            continue
        found = compare(first.counts, second.counts)
        rows.append(
            {
                "monitor": monitor["id"],
                "name": monitor["name"],
                "before": _side(first, monitor["apdex_t_ms"]),
                "after": _side(second, monitor["apdex_t_ms"]),
                "difference": None if found is None else found.difference,
                "low": None if found is None else found.low,
                "high": None if found is None else found.high,
                "z": None if found is None else found.z,
                "p": None if found is None else found.p,
            }
        )
    return sorted(rows, key=lambda row: (row["p"] is None, row["p"], row["monitor"]))


def _side(sums: Sums, target_ms: int) -> dict[str, Any]:
    satisfied, tolerating, frustrated = sums.counts
    score = Apdex(satisfied, tolerating, frustrated, target_ms)
    return {
        "score": score.score,
        "display": score.display,
        "satisfied": satisfied,
        "tolerating": tolerating,
        "frustrated": frustrated,
        "count": score.count,
        "left_out": sums.left_out,
    }
