"""Trends: changes of monitors' Apdex, and how the watch of one monitor stands."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from ingest_api.trend_views import show_standing
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.store import account_settings, monitors, trends
from vedette.store.trends import ChangeDirection, ChangeKind

router = APIRouter(prefix="/v1", tags=["trends"])
_MOST = 1 << 63
_SHOWN_DAYS, _SHOWN = 90, 50
_CHANGE = {
    "id": "-4611686018427387904",
    "monitor": 4,
    "monitor_name": "shop",
    "kind": "step",
    "direction": "down",
    "start_ms": 1_700_000_100_000,
    "found_ms": 1_700_021_520_000,
    "size": -0.021,
    "expected": 0.951,
    "statistic": 11.4,
    "threshold": 11.2,
    "learning": False,
    "state": "ended",
    "ended_ms": 1_700_050_320_000,
    "reason": "returned",
}
_STANDING = {
    "monitor": 4,
    "state": "watching",
    "at_ms": 1_700_021_400_000,
    "learned_buckets": 500,
    "needed_buckets": 500,
    "standing": {"down": 0.21, "up": 0.0},
    "expected": 0.951,
    "checks_per_bucket": 15.0,
    "smallest_change": {"1h": 0.059, "1d": 0.012, "7d": 0.0046},
    "false_alarms": {"per_day": 0.2, "monitors": 12, "days_between_per_monitor": 60.0},
    "profile": [0.951, 0.952, "… 168 numbers, from Monday 0:00 UTC on"],
    "changes": [_CHANGE],
}


def _example(value: Any) -> dict[int | str, dict[str, Any]]:
    return {200: {"content": {"application/json": {"example": value}}}}


@router.get("/trends", summary="Changes of Apdex, newest first", responses=_example({"changes": [_CHANGE]}))
def list_trends(
    from_: str = Query("-28d", alias="from"),
    to: str = Query("now"),
    monitor: int | None = Query(None, ge=1, lt=_MOST),
    kind: ChangeKind | None = Query(None, description="step (at once) or decline (over days)"),
    direction: ChangeDirection | None = None,
    limit: int = Query(200, ge=1, le=1000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Those found in the range, and those found before it that are open still.

    `size` is the change of Apdex since `start_ms`, `expected` what was usual. A `learning` one does not count.
    """
    now = found.clock.now_ms()
    start, end = parse_time("from", from_, now), parse_time("to", to, now)
    if end <= start:
        raise InvalidInput("to", to, f"a time after from ({from_})")
    if monitor is not None:
        monitors.get(found.store, principal.account, monitor)
    rows = trends.changes_of(
        found.store, principal.account, start, end + 1, monitor=monitor, kind=kind, direction=direction, limit=limit
    )
    return {"changes": rows}


@router.get("/monitors/{monitor}/trend", summary="How one monitor's watch stands", responses=_example(_STANDING))
def get_trend(
    monitor: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """`standing` is how far its charts are up, as shares of their thresholds: at 1 a change is found.

    `smallest_change` is the floor of any method with the present traffic, with so much time before and after (level
    .01, power .8). `profile` is the expected Apdex at each hour of the week. `changes` are those of 90 days.
    """
    monitors.get(found.store, principal.account, monitor)
    account, now = principal.account, found.clock.now_ms()
    allowed = account_settings.trend_false_alarms(found.store, account)
    watched = account_settings.monitors_watched(found.store, account)
    body = show_standing(trends.standing_of(found.store, monitor), watched, allowed)
    since = now - _SHOWN_DAYS * 86_400_000
    changes = trends.changes_of(found.store, account, since, now + 1, monitor=monitor, limit=_SHOWN)
    return {"monitor": monitor, **body, "changes": changes}
