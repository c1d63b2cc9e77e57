"""Markers: `POST /v1/markers` when something was released, and their list."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotAllowed
from vedette.store import markers, monitors

router = APIRouter(prefix="/v1", tags=["markers"])
_MOST_AHEAD_MS = 86_400_000


class Marker(BaseModel):
    """A moment to compare before and after, such as a release."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"name": "shop 4.2.0", "url": "https://ci.example/builds/42"}]}
    )

    name: str = Field(min_length=1, max_length=200)
    at: int | str = Field(default="now", description="milliseconds UTC, ISO 8601, now, or -15m")
    monitors: list[int] = Field(default_factory=list, max_length=1000, description="empty: all")
    url: str | None = Field(default=None, max_length=2000, description="where to read more")

    @field_validator("url")
    @classmethod
    def _address(cls, value: str | None) -> str | None:
        """A link that a page shows must lead to a page, not run a script."""
        try:
            good = value is None or (urlsplit(value).scheme in {"http", "https"} and bool(urlsplit(value).hostname))
        except ValueError:
            good = False
        if not good or (value is not None and any(char <= " " for char in value)):
            raise ValueError("an http:// or https:// URL without spaces")
        return value


@router.post("/markers", status_code=201, summary="Mark a release")
def add_marker(
    body: Marker, principal: Principal = Depends(needs("ingest")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The same name at the same moment is the same marker: sending it again replaces its monitors and its URL."""
    if principal.subject is not None:
        raise NotAllowed(f"this token speaks for {principal.subject} alone; a marker is the whole account's")
    now = found.clock.now_ms()
    at_ms = parse_time("at", str(body.at), now)
    if at_ms > now + _MOST_AHEAD_MS:
        raise InvalidInput("at", body.at, "a moment that is at most a day ahead")
    known = monitors.ids(found.store, principal.account)
    for number, monitor in enumerate(body.monitors):
        if monitor not in known:
            raise InvalidInput(f"monitors[{number}]", monitor, "a monitor of this account")
    spec = markers.MarkerSpec(body.name, at_ms, sorted(set(body.monitors)), body.url)
    return markers.add(found.store, principal.account, spec)


@router.get("/markers", summary="What was released when")
def list_markers(
    from_: str = Query("-90d", alias="from"),
    to: str | None = Query(None, description="a day ahead if not given: markers may lie in the future"),
    monitor: int | None = None,
    limit: int = Query(500, ge=1, le=5000),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Newest first; of one monitor, those that concern it."""
    now = found.clock.now_ms()
    start = parse_time("from", from_, now)
    end = now + _MOST_AHEAD_MS + 1 if to is None else parse_time("to", to, now)
    if start >= end:
        raise InvalidInput("from", from_, "a moment before `to`")
    if monitor is not None:
        monitors.get(found.store, principal.account, monitor)
    rows = markers.between(found.store, principal.account, start, end, monitor=monitor, limit=limit)
    return {"markers": rows}


@router.delete("/markers/{marker}", status_code=204, summary="Remove a marker")
def remove_marker(
    marker: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """What was measured stays."""
    markers.remove(found.store, principal.account, marker)
    return Response(status_code=204)
