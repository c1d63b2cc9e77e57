"""Maintenance windows: times in which monitors are checked, but nobody is called."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query, Response

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput
from vedette.maintenance import MaintenanceSpec, windows_in
from vedette.store import maintenance, monitors
from vedette.windows.maintenance import held_until

router = APIRouter(prefix="/v1/maintenance", tags=["maintenance"])


def _shown(row: dict[str, Any], now_ms: int) -> dict[str, Any]:
    until = held_until(windows_in(row), now_ms)
    return {**row, "active": until is not None, "until_ms": until}


def _check_monitors(found: Context, account: int, wanted: list[int]) -> None:
    known = monitors.ids(found.store, account) if wanted else set()
    for monitor in wanted:
        if monitor not in known:
            raise InvalidInput("monitors", monitor, "monitors of this account")


@router.get("", summary="All maintenance windows")
def list_windows(
    active: bool | None = Query(None, description="only those that hold now, or that do not"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """In the order they were made; `active` tells whether one holds now, `until_ms` until when it does."""
    now = found.clock.now_ms()
    rows = [_shown(row, now) for row in maintenance.windows_of(found.store, principal.account)]
    return {"maintenance": [row for row in rows if active is None or row["active"] == active]}


@router.post("", status_code=201, summary="Make a maintenance window")
def add_window(
    body: MaintenanceSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """It holds from a second later on. Incidents that lie within it are marked and call nobody."""
    _check_monitors(found, principal.account, body.monitors)
    window = maintenance.add_window(found.store, principal.account, body.name, body.monitors, body.config())
    return _shown(maintenance.window_of(found.store, principal.account, window), found.clock.now_ms())


@router.get("/{window}", summary="One maintenance window")
def get_window(
    window: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """As in the list."""
    return _shown(maintenance.window_of(found.store, principal.account, window), found.clock.now_ms())


@router.put("/{window}", summary="Change a maintenance window")
def change_window(
    window: int,
    body: MaintenanceSpec,
    principal: Principal = Depends(needs("admin")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Replaces the definition; what it marked stays marked."""
    _check_monitors(found, principal.account, body.monitors)
    maintenance.change_window(found.store, principal.account, window, body.name, body.monitors, body.config())
    return _shown(maintenance.window_of(found.store, principal.account, window), found.clock.now_ms())


@router.delete("/{window}", status_code=204, summary="Remove a maintenance window")
def remove_window(
    window: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """An outage that goes on calls somebody at its next check."""
    maintenance.remove_window(found.store, principal.account, window)
    return Response(status_code=204)
