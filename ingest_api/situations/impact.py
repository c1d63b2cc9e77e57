"""What a situation cost: time without an endpoint, failed checks, Apdex; who was told, and how soon somebody had it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from ingest_api.situations.kindred import Kindred
from vedette.situations.situation import Situation
from vedette.statistics.apdex import Apdex
from vedette.store import situation_facts
from vedette.store.pool import Store

BEFORE_MS = (3_600_000, 86_400_000)
"""What Apdex is compared with: as long before the beginning as it has lasted, an hour at least, a day at most."""


def impact(
    store: Store, situation: Situation, near: Kindred, outages: Sequence[dict[str, Any]],
    timeline: Sequence[dict[str, Any]], now_ms: int,
) -> dict[str, Any]:  # fmt: skip
    """Of each monitor that its alerts are about, and of all. Times are in seconds; `apdex_loss` is before less during.

    A monitor is down from when its outage was confirmed; `failing_s` counts from the first failing check, also of
    outages that were never confirmed.
    """
    start, ended = situation.started_ms, situation.ended_ms
    until = max(now_ms, start) if ended is None else ended
    # The outage begins with the check before the alert, and the last check of its end is in the minute of that.
    begin = min([start, *(outage["started_ms"] for outage in outages)])
    end = max([until, *(outage["ended_ms"] or until for outage in outages)]) + 60_000
    monitors = sorted(number for number in near.monitors if number in near.watched)
    width = min(max(end - begin, BEFORE_MS[0]), BEFORE_MS[1])
    during = situation_facts.check_sums(store, monitors, begin, end)
    before = situation_facts.check_sums(store, monitors, begin - width, begin - begin % 60_000)
    rows = [
        _monitor(number, near.watched[number].name, [one for one in outages if one["monitor"] == number],
                 during.get(number), before.get(number), until)
        for number in monitors
    ]  # fmt: skip
    taken_up = next((step for step in timeline if step["what"] == "acknowledged"), None)
    return {
        "lasted_s": (until - start) // 1000,
        "down_s": _length_s(
            [(one["confirmed_ms"], one["ended_ms"] or until) for one in outages if one["confirmed_ms"]]
        ),
        "failed_checks": sum(row["failed_checks"] for row in rows),
        "checks": sum(row["checks"] for row in rows),
        "monitors": rows,
        "hosts": sorted({alert.source for alert in situation.alerts if alert.source is not None}),
        "models": sorted({alert.model for alert in situation.alerts if alert.model is not None}),
        "notifications": situation_facts.notification_counts(store, [alert.id for alert in situation.alerts]),
        "acknowledged_by": None if taken_up is None else taken_up["by"],
        "acknowledged_after_s": None if taken_up is None else max(0, taken_up["at_ms"] - start) // 1000,
    }


def _monitor(
    number: int, name: str, outages: Sequence[dict[str, Any]], during: dict[str, int] | None,
    before: dict[str, int] | None, until: int,
) -> dict[str, Any]:  # fmt: skip
    scores = [None if sums is None else _apdex(sums) for sums in (before, during)]
    first, second = (None if score is None else score.score for score in scores)
    return {
        "monitor": number,
        "name": name,
        "down_s": _length_s([(o["confirmed_ms"], o["ended_ms"] or until) for o in outages if o["confirmed_ms"]]),
        "failing_s": _length_s([(o["started_ms"], o["ended_ms"] or until) for o in outages]),
        "checks": 0 if during is None else during["checks"],
        "failed_checks": 0 if during is None else during["failed"],
        "apdex_before": first,
        "apdex": second,
        "apdex_loss": None if first is None or second is None else round(first - second, 4),
        "apdex_shown": [None if score is None else score.display for score in scores],
    }


def _apdex(sums: dict[str, int]) -> Apdex:
    return Apdex(sums["satisfied"], sums["tolerating"], sums["frustrated"], sums["target_ms"])


def _length_s(spans: Iterable[tuple[int, int]]) -> int:
    """How long any of the spans (ms) lasts, in seconds."""
    total, reached = 0, 0
    for begin, end in sorted(spans):
        total += max(0, end - max(begin, reached))
        reached = max(reached, end)
    return total // 1000
