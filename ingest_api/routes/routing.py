"""Who is told of alerts: routes with their steps, and schedules of who is on call."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query, Response

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import NotFound
from vedette.notifying.route import RouteSpec
from vedette.notifying.schedule import ScheduleSpec
from vedette.store import routing

router = APIRouter(prefix="/v1", tags=["alerting"])


@router.get("/routes", summary="Routes")
def list_routes(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """In the order in which they are asked; rules that name channels of their own ask none."""
    return {"routes": routing.routes_of(found.store, principal.account)}


@router.post("/routes", status_code=201, summary="Make a route")
def add_route(
    body: RouteSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """For alerts that begin from now on. The first route that matches counts."""
    return routing.put_route(found.store, principal.account, body)


@router.put("/routes/{route}", summary="Change a route")
def change_route(
    route: int, body: RouteSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Alerts that fire now keep the plan with which they began."""
    return routing.put_route(found.store, principal.account, body, route)


@router.delete("/routes/{route}", status_code=204, summary="Remove a route")
def remove_route(
    route: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Alerts that fire now keep the plan with which they began."""
    routing.remove_route(found.store, principal.account, route)
    return Response(status_code=204)


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
    for row in routing.schedules_of(found.store, principal.account):
        if row["id"] == schedule:
            return {"schedule": schedule, "at_ms": at_ms, "channel": _spec(row).on_call(at_ms)}
    raise NotFound(f"schedule {schedule} does not exist")


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
    """Overrides are part of it."""
    return routing.put_schedule(found.store, principal.account, body, schedule)


@router.delete("/schedules/{schedule}", status_code=204, summary="Remove an on-call schedule")
def remove_schedule(
    schedule: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Refused while a route names it."""
    routing.remove_schedule(found.store, principal.account, schedule)
    return Response(status_code=204)


def _spec(row: dict[str, Any]) -> ScheduleSpec:
    return ScheduleSpec.model_validate({name: value for name, value in row.items() if name != "id"})
