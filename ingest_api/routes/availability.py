"""Uptime: `GET /v1/monitors/{id}/uptime` over any range."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query

from ingest_api.availability import extent, report, windows_of
from ingest_api.context import Context, context
from ingest_api.quiet_times import leave_out, quiet_times
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.store import monitors

router = APIRouter(prefix="/v1", tags=["monitors"])


@router.get("/monitors/{monitor}/uptime", summary="Uptime and reachability over a range, by location too")
def uptime(
    monitor: int,
    from_: str = Query("-30d", alias="from"),
    to: str = Query("now"),
    without_maintenance: bool = Query(False, description="leave maintenance windows out; of hours only whole ones"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Uptime: share of time points with at least one success. Reachability: share of checks that succeeded.

    Up to two days, time points are minutes. Over longer ranges (`resolution_s` 3600) hours are read, and the uptime
    over several locations is a lower bound (`exact` false).
    """
    monitors.get(found.store, principal.account, monitor)
    now = found.clock.now_ms()
    wanted = extent(parse_time("from", from_, now), parse_time("to", to, now))
    windows = windows_of(found.history, principal.account, monitor, wanted)
    if without_maintenance:
        quiet = quiet_times(found.store, principal.account, monitor)
        windows = leave_out(windows, quiet, hours=wanted.hours)
    body = report(windows, hours=wanted.hours)
    return {
        "monitor": monitor,
        "from": wanted.from_ms,
        "to": wanted.to_ms,
        "resolution_s": 3600 if wanted.hours else 60,
        "exact": not wanted.hours or len(body["locations"]) <= 1,
        **body,
    }
