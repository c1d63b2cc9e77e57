"""Uptime, Apdex and phases: `GET /v1/monitors/{id}/uptime`, `/apdex` and `/phases` over any range."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ingest_api.context import Context, context
from ingest_api.makers import ApdexMaker
from ingest_api.phases import Extent, phases_of
from ingest_api.questions import questions_of
from ingest_api.quiet_times import leave_out, quiet_times
from ingest_api.security import needs
from ingest_api.subjects import Subject
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.history.availability import extent, report, windows_of
from vedette.monitors.every_kind import LONGEST_LOCATION
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
    """Uptime: share of minutes with at least one success. Reachability: share of checks that succeeded.

    Ranges of more than two days are widened to whole hours (`resolution_s` 3600), of more than 62 to whole days (UTC,
    86400). `exact` is false if some of these are from before it was noted which of their minutes were good: then the
    uptime over several locations is a lower bound.
    """
    monitors.get(found.store, principal.account, monitor)
    now = found.clock.now_ms()
    wanted = extent(parse_time("from", from_, now), parse_time("to", to, now))
    if without_maintenance:
        quiet = quiet_times(found.store, principal.account, monitor)
        parts = [
            leave_out(part, quiet) for part in windows_of(found.history, principal.account, monitor, wanted.fine())
        ]
    else:
        parts = windows_of(found.history, principal.account, monitor, wanted.pieces(now))
    return {
        "monitor": monitor,
        "from": wanted.from_ms,
        "to": wanted.to_ms,
        "resolution_s": wanted.unit_ms // 1000,
        **report(parts),
    }


@router.get("/monitors/{monitor}/phases", summary="Percentiles of each phase of a check over a range, by location too")
def phases(
    monitor: int,
    from_: str = Query("-24h", alias="from"),
    to: str = Query("now"),
    location: str | None = Query(None, max_length=LONGEST_LOCATION),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Of checks that did not fail, from merged sketches (1 % relative error); phases that none reached are absent.

    Ends that lie before the oldest raw result are widened to whole hours. Hours are kept as long as other hours are.
    """
    monitors.get(found.store, principal.account, monitor)
    now = found.clock.now_ms()
    from_ms, to_ms = parse_time("from", from_, now), parse_time("to", to, now)
    if from_ms >= to_ms:
        raise InvalidInput("from", from_, "a time before to")
    return {"monitor": monitor, **phases_of(found.store, monitor, Extent(from_ms, to_ms), location)}


@router.get("/monitors/{monitor}/apdex", summary="Apdex over a range, by location too")
async def apdex(
    request: Request,
    monitor: int,
    from_: str = Query("-30d", alias="from"),
    to: str = Query("now"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """The score over all locations and of each, with its counts and as its specification shows it.

    Ranges of more than two days are widened to whole hours, of more than 62 to whole days (UTC). Answers may be five
    seconds old.
    """
    now = found.clock.now_ms()
    wanted = extent(parse_time("from", from_, now), parse_time("to", to, now))
    pieces = tuple(wanted.pieces(now))
    subject = Subject(pieces, "totals", digests=any(tier == "1d" for tier, _, _ in pieces))
    maker = ApdexMaker(wanted.from_ms, wanted.to_ms)
    body = await questions_of(request).ask(principal.account, monitor, subject, maker)
    return Response(body, media_type="application/json")
