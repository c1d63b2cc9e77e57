"""`GET /v1/probe/control`: what a probe must do at once, as server-sent events."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Depends, Query, Request
from fastapi.security import HTTPAuthorizationCredentials
from sse_starlette import EventSourceResponse

from ingest_api.context import Context, context
from ingest_api.security import bearer, needs, still_good
from ingest_api.stream.control import ControlTail, Follower
from ingest_api.stream.events import frame
from vedette.auth.scopes import Principal
from vedette.errors import Unavailable

router = APIRouter(tags=["probe"])
TICK_S = 10.0


def control_tail(request: Request, found: Context) -> ControlTail:
    """The tail of this gateway, made at its first use."""
    tail: ControlTail | None = getattr(request.app.state, "control", None)
    if tail is None:
        tail = request.app.state.control = ControlTail(found.log, found.store)
    return tail


@router.get(
    "/v1/probe/control",
    response_class=EventSourceResponse,
    summary="Re-check orders and changes of the monitors, as they come (server-sent events)",
)
async def control(
    request: Request,
    location: str = Query(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$"),
    principal: Principal = Depends(needs("probe")),
    credentials: HTTPAuthorizationCredentials = Depends(bearer),
    found: Context = Depends(context),
) -> EventSourceResponse:
    """`recheck`: check a monitor now, unless its `deadline_ms` has passed. `monitors`: ask for the list again.

    From now on; `tick` every ten seconds. What came while nobody followed is not sent again: orders are of the moment,
    and a probe asks for the monitors whenever it connects. The stream ends when its token is revoked.
    """
    principal.need_subject("location", location)
    tail, follower = control_tail(request, found), Follower(principal.account, location)
    return EventSourceResponse(
        _frames(found, tail, follower, principal, credentials.credentials),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        ping=int(TICK_S),
    )


async def _frames(
    found: Context, tail: ControlTail, follower: Follower, principal: Principal, token: str
) -> AsyncIterator[bytes]:
    checked_at = found.clock.monotonic()
    try:
        await tail.join(follower)
    except Unavailable:
        return  # the probe comes again, and polls meanwhile
    try:
        # Probes that connect again spread out, so that a restart of the gateway is not met by all at once.
        yield f"retry: {random.randint(500, 2000)}\n\n".encode()  # noqa: S311 - not a secret
        yield _tick(found)
        while principal.expires_s is None or found.clock.now_ms() < principal.expires_s * 1000:
            if found.clock.monotonic() - checked_at >= TICK_S:
                if not await still_good(token, found):
                    return
                checked_at = found.clock.monotonic()
            while follower.queue:
                yield follower.queue.popleft()
            follower.arrived.clear()
            try:
                async with asyncio.timeout(TICK_S):
                    await follower.arrived.wait()
            except TimeoutError:
                yield _tick(found)
    finally:
        tail.leave(follower)


def _tick(found: Context) -> bytes:
    return frame("tick", msgspec.json.encode({"now": found.clock.now_ms()}))
