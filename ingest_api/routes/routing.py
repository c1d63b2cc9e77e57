"""Who is told of alerts: routes with their steps."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Response

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.notifying.route import RouteSpec
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
