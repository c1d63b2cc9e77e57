"""Pings: jobs say that they began, ended or failed; their last pings, and the URL that they ping."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Query, Request, Response

from ingest_api.context import Context, context, context_of
from ingest_api.intake.ping_rate import PingRate
from ingest_api.intake.pings import PingKeys, append, read_start, signal_of
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.events.pings import Ping
from vedette.store import heartbeats, monitors, ping_keys

router = APIRouter(prefix="/v1", tags=["heartbeats"])
_SHOWN_CHARS = 200
"""So much of a body is shown in a list."""
_RID = Query(
    "", pattern=r"^[A-Za-z0-9._-]{0,64}$", description="the run: pairs its start with its end, where runs overlap"
)
_HEADERS = {"Cache-Control": "no-store"}


async def _ping(request: Request, key: str, signal: str, rid: str) -> Response:
    found = context_of(request)
    said, status = signal_of(signal)
    keys: PingKeys = request.app.state.ping_keys
    account, monitor = await keys.whose(key)
    rate: PingRate = request.app.state.ping_rate
    rate.take(monitor, found.clock.monotonic())
    body, size = await read_start(request)
    await append(found.log, Ping(monitor, account, found.clock.now_ms(), said, status, rid, body, size))
    return Response("OK", media_type="text/plain", headers=_HEADERS)


@router.get("/ping/{key}", summary="The job has succeeded", response_class=Response)
@router.head("/ping/{key}", include_in_schema=False)
@router.post("/ping/{key}", summary="The job has succeeded, with its output", response_class=Response)
async def success(request: Request, key: str, rid: str = _RID) -> Response:
    """Needs no sign-in: whoever has the URL may ping. 200 means that the log has it.

    Of a body up to 1 MiB the first 10 kB are kept. 60 pings of one monitor are taken at once, and one a second from
    then on; others are answered with 429 and `Retry-After`.
    """
    return await _ping(request, key, "", rid)


@router.get("/ping/{key}/{signal}", summary="The job says something else", response_class=Response)
@router.head("/ping/{key}/{signal}", include_in_schema=False)
@router.post("/ping/{key}/{signal}", summary="The job says something else, with its output", response_class=Response)
async def signalled(request: Request, key: str, signal: str, rid: str = _RID) -> Response:
    """`start`: a run begins. `fail`: it has failed. A number from 0 to 255: its exit status (0 is a success)."""
    return await _ping(request, key, signal, rid)


def _url(monitor: int, key: str) -> dict[str, Any]:
    path = f"/v1/ping/{key}"
    return {"monitor": monitor, "key": key, "ping": path, "start": f"{path}/start", "fail": f"{path}/fail"}


@router.get("/monitors/{monitor}/ping-url", summary="Where a heartbeat's job pings")
def ping_url(
    monitor: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """Paths below this gateway's address. The key has 128 bits of chance, and is good for this monitor's pings only."""
    return _url(monitor, ping_keys.key_of(found.store, principal.account, monitor))


@router.post("/monitors/{monitor}/ping-url", status_code=201, summary="Give a heartbeat another ping URL")
def renew_ping_url(
    monitor: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The one before leads nowhere a few seconds later."""
    return _url(monitor, ping_keys.renew(found.store, principal.account, monitor))


@router.get("/monitors/{monitor}/pings", summary="A heartbeat's last pings")
def last_pings(
    monitor: int,
    limit: int = Query(20, ge=1, le=heartbeats.KEPT_PINGS),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """Newest first, with duration, exit status and the beginning of the body."""
    monitors.get(found.store, principal.account, monitor)
    return {"pings": heartbeats.latest(found.store, monitor, limit, body_chars=_SHOWN_CHARS)}


@router.get("/monitors/{monitor}/pings/{n}", summary="One ping with its body")
def one_ping(
    monitor: int, n: int, principal: Principal = Depends(needs("read")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The first 10 kB of its body, as text."""
    monitors.get(found.store, principal.account, monitor)
    return heartbeats.ping(found.store, monitor, n)
