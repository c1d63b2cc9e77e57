"""Notification groups: named sets of channels."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Response

from ingest_api.context import Context, context
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.notifying.group import GroupSpec
from vedette.store import groups

router = APIRouter(prefix="/v1/groups", tags=["alerting"])


@router.get("", summary="Notification groups")
def list_groups(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """In the order they were made."""
    return {"groups": groups.groups_of(found.store, principal.account)}


@router.post("", status_code=201, summary="Make a notification group")
def add_group(
    body: GroupSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Rules and steps of routes name it."""
    return groups.put_group(found.store, principal.account, body)


@router.put("/{group}", summary="Change a notification group")
def change_group(
    group: int, body: GroupSpec, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """For steps that become due from now on, and for alerts of rules that begin from a second later on."""
    return groups.put_group(found.store, principal.account, body, group)


@router.delete("/{group}", status_code=204, summary="Remove a notification group")
def remove_group(
    group: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Refused while a rule or route names it."""
    groups.remove_group(found.store, principal.account, group)
    return Response(status_code=204)
