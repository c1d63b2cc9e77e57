"""Markers: `POST /v1/markers` when something was released, their list, and what changed with one."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Query, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from ingest_api.context import Context, context
from ingest_api.security import needs
from ingest_api.times import parse_time
from ingest_api.trend_views import show_comparison
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput, NotAllowed
from vedette.store import markers, monitors
from vedette.store.trends import range_sums

router = APIRouter(prefix="/v1", tags=["markers"])
_MOST_AHEAD_MS = 86_400_000
_WINDOW = re.compile(r"([1-9]\d{0,4})(m|h|d)")
_WINDOW_ALLOWED = "a time from 5m to 28d (m, h, d)"
_UNITS = {"m": 60_000, "h": 3_600_000, "d": 86_400_000}
_BY_MINUTES_MS = 2 * 86_400_000
"""Windows up to this are summed from minutes, longer ones from hours."""
_COMPARED = {
    "marker": {"id": 7, "name": "shop 4.2.0", "at_ms": 1_700_000_000_000, "monitors": [4], "url": None},
    "window_s": 86_400,
    "resolution_s": 60,
    "before": {"from_ms": 1_699_913_600_000, "to_ms": 1_700_000_000_000},
    "after": {"from_ms": 1_700_000_000_000, "to_ms": 1_700_086_400_000},
    "complete": True,
    "monitors": [
        {
            "monitor": 4,
            "name": "shop",
            "before": {
                "score": 0.95, "display": "0.95 [0.5]", "satisfied": 3931, "tolerating": 346, "frustrated": 43,
                "count": 4320, "left_out": 0,
            },
            "after": {
                "score": 0.93, "display": "0.93 [0.5]", "satisfied": 3785, "tolerating": 466, "frustrated": 69,
                "count": 4320, "left_out": 15,
            },
            "difference": -0.0199, "low": -0.0272, "high": -0.0127, "z": -5.4, "p": 7.8e-8,
        }
    ],
}  # fmt: skip


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


@router.get(
    "/markers/{marker}/compare",
    summary="Before and after a release",
    responses={200: {"content": {"application/json": {"example": _COMPARED}}}},
)
def compare_marker(
    marker: int,
    monitor: int | None = Query(None, description="one monitor; else all that the marker concerns"),
    window: str = Query("24h", description=f"on each side of the marker: {_WINDOW_ALLOWED}"),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """The Apdex of each monitor on both sides, the difference with its interval of 95 %, z and two-sided p.

    Checks in incidents are left out and counted (`left_out`). While the time after it has not passed, `complete` is
    false, and `after` ends now. Windows up to two days are summed from minutes, longer ones from whole hours.
    """
    width_ms = _window_ms(window)
    spec = markers.get(found.store, principal.account, marker)
    known = {one["id"]: one for one in monitors.of_account(found.store, principal.account)}
    chosen = list(known) if not spec["monitors"] else [one for one in spec["monitors"] if one in known]
    if monitor is not None:
        monitors.get(found.store, principal.account, monitor)
        if monitor not in chosen:
            raise InvalidInput("monitor", monitor, "a monitor that the marker concerns")
        chosen = [monitor]
    at, now = spec["at_ms"], found.clock.now_ms()
    end, hours = min(at + width_ms, max(now, at)), width_ms > _BY_MINUTES_MS
    before = range_sums(found.store, chosen, at - width_ms, at, hours=hours)
    after = range_sums(found.store, chosen, at, end, hours=hours)
    return {
        "marker": spec,
        "window_s": width_ms // 1000,
        "resolution_s": 3600 if hours else 60,
        "before": {"from_ms": at - width_ms, "to_ms": at},
        "after": {"from_ms": at, "to_ms": end},
        "complete": end == at + width_ms,
        "monitors": show_comparison([known[one] for one in chosen], before, after),
    }


def _window_ms(text: str) -> int:
    parsed = _WINDOW.fullmatch(text)
    found = int(parsed[1]) * _UNITS[parsed[2]] if parsed is not None else 0
    if not 5 * _UNITS["m"] <= found <= 28 * _UNITS["d"]:
        raise InvalidInput("window", text, _WINDOW_ALLOWED)
    return found


@router.delete("/markers/{marker}", status_code=204, summary="Remove a marker")
def remove_marker(
    marker: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """What was measured stays."""
    markers.remove(found.store, principal.account, marker)
    return Response(status_code=204)
