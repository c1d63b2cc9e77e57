"""Who is on call: schedules with their rotation, and those who take over for a while."""

from __future__ import annotations

from dataclasses import asdict
from itertools import islice
from typing import Any

from fastapi import APIRouter, Depends, Query, Response

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.notifying.schedule import Override, ScheduleSpec
from vedette.notifying.takeover import TakeOver
from vedette.store import routing

router = APIRouter(prefix="/v1", tags=["alerting"])
_MOST_SHIFTS = 400
_DAY_MS = 86_400_000


@router.get("/schedules", summary="On-call schedules")
def list_schedules(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Each with the channel that is on call now."""
    now_ms = found.clock.now_ms()
    return {
        "schedules": [
            {**row, "on_call": _spec(row).on_call(now_ms)}
            for row in routing.schedules_of(found.store, principal.account)
        ]
    }


@router.get("/schedules/{schedule}/on-call", summary="Who is on call")
def who_is_on_call(
    schedule: int,
    at: str = Query("now", description="milliseconds UTC, ISO 8601, now, or -15m"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """The channel on call at a time, past or future."""
    at_ms = parse_time("at", at, found.clock.now_ms())
    spec = routing.schedule_of(found.store, principal.account, schedule)
    return {"schedule": schedule, "at_ms": at_ms, "channel": spec.on_call(at_ms)}


@router.get("/schedules/{schedule}/shifts", summary="Who is on call from when until when")
def list_shifts(
    schedule: int,
    since: str = Query("now", alias="from", description="milliseconds UTC, ISO 8601, now, or -15m"),
    days: int = Query(28, ge=1, le=366, description="until so many days later"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """One after the other: the first is cut at `from`, the last is told until its end (null: it never ends). At most
    400."""
    from_ms = parse_time("from", since, found.clock.now_ms())
    spec = routing.schedule_of(found.store, principal.account, schedule)
    shifts = islice(spec.shifts(from_ms, from_ms + days * _DAY_MS), _MOST_SHIFTS)
    return {"schedule": schedule, "from_ms": from_ms, "shifts": [asdict(shift) for shift in shifts]}


@router.post("/schedules", status_code=201, summary="Make an on-call schedule")
def add_schedule(
    body: ScheduleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Routes name it in their steps."""
    return routing.put_schedule(found.store, principal.account, body)


@router.put("/schedules/{schedule}", summary="Change an on-call schedule")
def change_schedule(
    schedule: int, body: ScheduleSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Overrides that are not given stay as they are; an empty list removes them."""
    return routing.put_schedule(found.store, principal.account, body, schedule)


@router.delete("/schedules/{schedule}", status_code=204, summary="Remove an on-call schedule")
def remove_schedule(
    schedule: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Refused while a route names it."""
    routing.remove_schedule(found.store, principal.account, schedule)
    return Response(status_code=204)


@router.post("/schedules/{schedule}/overrides", status_code=201, summary="Take over")
def take_over(
    schedule: int, body: TakeOver, principal: Principal = Depends(needs("respond")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Comes before the rotation, and before overrides that were made earlier. Those that were over a month ago are
    forgotten."""
    now_ms = found.clock.now_ms()
    override = body.override(now_ms)
    routing.take_over(found.store, principal.account, schedule, override, now_ms)
    return {"schedule": schedule, **override.model_dump()}


@router.delete("/schedules/{schedule}/overrides", status_code=204, summary="End an override")
def give_back(
    schedule: int,
    from_ms: int = Query(ge=0, lt=1 << 42),
    to_ms: int = Query(ge=0, lt=1 << 42),
    channel: int = Query(ge=0, lt=1 << 63),
    principal: Principal = Depends(needs("respond")),
    found: Context = Depends(context),
) -> Response:
    """The one of these times and this channel, as the schedule shows it."""
    if to_ms <= from_ms:
        raise InvalidInput("to_ms", to_ms, f"after from_ms ({from_ms})")
    override = Override(from_ms=from_ms, to_ms=to_ms, channel=channel)
    routing.give_back(found.store, principal.account, schedule, override)
    return Response(status_code=204)


def _spec(row: dict[str, Any]) -> ScheduleSpec:
    return ScheduleSpec.model_validate({name: value for name, value in row.items() if name != "id"})
