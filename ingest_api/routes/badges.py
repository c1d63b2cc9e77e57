"""Badges: pictures of a monitor's status, uptime, Apdex and response time, by token or by sign-in."""

from __future__ import annotations

import re
from hashlib import sha256
from typing import Any, Literal, get_args

from fastapi import APIRouter, Depends, Header, Query, Request, Response

from ingest_api.badge_memory import BadgeMemory
from ingest_api.badges import Badge, apdex_badge, render, response_badge, status_badge, uptime_badge
from ingest_api.context import Context, context
from ingest_api.history import apdex_of, zones_of
from ingest_api.routes.monitors import state_of
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.errors import NotFound
from vedette.history.availability import DAY_MS, HOUR_MS, extent, measure, windows_of
from vedette.statistics.sketch import Sketch
from vedette.store import badge_links, monitors, outage_states

router = APIRouter(prefix="/v1", tags=["badges"])
Measured = Literal["uptime", "apdex"]
What = Literal["status", "uptime", "apdex", "response"]
Span = Literal["1h", "24h", "7d", "30d", "90d"]
_SPANS: dict[Span, int] = {"1h": HOUR_MS, "24h": DAY_MS, "7d": 7 * DAY_MS, "30d": 30 * DAY_MS, "90d": 90 * DAY_MS}
FRESH_S = 60
"""How long a viewer, or for public badges anything between, may keep a picture."""
_TOKEN = re.compile(r"[A-Za-z0-9_-]{22}")
_RANGE = Query("24h", alias="range", description="of uptime, Apdex and response time")
_LABEL = Query(None, max_length=60, description="what stands on the left")


def _badge(
    found: Context, memory: BadgeMemory, account: int, monitor: int, what: What, span: Span, label: str | None
) -> Badge:
    definition = monitors.get(found.store, account, monitor)
    if what == "status":
        places = badge_links.places(found.store, monitor)
        named = definition["name"] if label is None else label
        outage = outage_states.states_of(found.store, account, monitor).get(monitor)
        return status_badge(named, state_of(definition, places, outage, found.clock.now_ms()))
    target_ms = definition["apdex_t_ms"]

    def measured() -> tuple[str, str]:
        if what == "response":
            badge = response_badge("", _median(found, account, monitor, span), target_ms)
        else:
            badge = _measured(found, account, monitor, what, span, target_ms)
        return badge.message, badge.colour

    message, colour = memory.get((monitor, what, span, target_ms), measured)
    return Badge(f"{what} {span}" if label is None else label, message, colour)


def _measured(found: Context, account: int, monitor: int, what: Measured, span: Span, target_ms: int) -> Badge:
    now = found.clock.now_ms()
    parts = windows_of(found.history, account, monitor, extent(now - _SPANS[span], now).pieces(now))
    match what:
        case "uptime":
            return uptime_badge("", measure(parts)["uptime"])
        case "apdex":
            return apdex_badge("", apdex_of(zones_of(parts, target_ms), target_ms))


def _median(found: Context, account: int, monitor: int, span: Span) -> float | None:
    now = found.clock.now_ms()
    pieces = extent(now - _SPANS[span], now).pieces(now)
    parts = [part for piece in pieces for part in found.history.check_columns(account, monitor, *piece, "sketch")]
    return Sketch.merged(sketch for part in parts for sketch in part.tails).quantile(0.5)


def _memory(request: Request) -> BadgeMemory:
    found = request.app.state.badges
    assert isinstance(found, BadgeMemory)
    return found


def _answer(badge: Badge, if_none_match: str | None, keeper: Literal["public", "private"]) -> Response:
    picture = render(badge)
    etag = f'"{sha256(picture).hexdigest()[:32]}"'
    headers = {"ETag": etag, "Cache-Control": f"{keeper}, max-age={FRESH_S}"}
    if keeper == "private":
        headers["Vary"] = "Authorization"
    if if_none_match is not None and etag in {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}:
        return Response(status_code=304, headers=headers)
    return Response(picture, media_type="image/svg+xml", headers=headers)


@router.get("/badges/{token}/{what}.svg", summary="A public badge", response_class=Response)
def public_badge(
    request: Request,
    token: str,
    what: What,
    span: Span = _RANGE,
    label: str | None = _LABEL,
    if_none_match: str | None = Header(None),
    found: Context = Depends(context),
) -> Response:
    """Whoever has the link sees it, without signing in. Status badges name the monitor unless a label is given."""
    if _TOKEN.fullmatch(token) is None:
        raise NotFound("this badge does not exist, or is not public any more")
    account, monitor = badge_links.whose(found.store, token)
    return _answer(_badge(found, _memory(request), account, monitor, what, span, label), if_none_match, "public")


@router.get("/monitors/{monitor}/badges/{what}.svg", summary="A badge for those who may read", response_class=Response)
def own_badge(
    request: Request,
    monitor: int,
    what: What,
    span: Span = _RANGE,
    label: str | None = _LABEL,
    if_none_match: str | None = Header(None),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> Response:
    """The same picture, public or not."""
    return _answer(
        _badge(found, _memory(request), principal.account, monitor, what, span, label), if_none_match, "private"
    )


def _links(monitor: int, token: str) -> dict[str, Any]:
    return {"monitor": monitor, "token": token, "badges": {w: f"/v1/badges/{token}/{w}.svg" for w in get_args(What)}}


@router.get("/monitors/{monitor}/badges", summary="The links of a monitor's public badges")
def badge_paths(
    monitor: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Not found while they are not public."""
    token = badge_links.token_of(found.store, principal.account, monitor)
    if token is None:
        raise NotFound(f"the badges of monitor {monitor} are not public; POST here makes links")
    return _links(monitor, token)


@router.post("/monitors/{monitor}/badges", status_code=201, summary="Make a monitor's badges public")
def publish_badges(
    monitor: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Links with a token that nobody guesses; earlier links lead nowhere from now on."""
    return _links(monitor, badge_links.renew(found.store, principal.account, monitor))


@router.delete("/monitors/{monitor}/badges", status_code=204, summary="Make a monitor's badges private")
def hide_badges(
    monitor: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Pictures that somebody keeps may live for another minute."""
    badge_links.end(found.store, principal.account, monitor)
    return Response(status_code=204)
