"""What agents ask for: `POST /v1/agents/checkin` each minute, and the control stream `GET /v1/agents/control`."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.security import HTTPAuthorizationCredentials
from sse_starlette import EventSourceResponse

from ingest_api.context import Context, context
from ingest_api.fleet.checking_in import check_in
from ingest_api.intake.bodies import read_body
from ingest_api.routes.enrolment import LARGEST
from ingest_api.security import bearer, needs, still_good
from ingest_api.stream.agents import AgentFollower, AgentTail
from ingest_api.stream.events import frame
from vedette.auth.scopes import Principal
from vedette.errors import Unavailable
from vedette.events.fleet import check_source, decode_checkin

router = APIRouter(prefix="/v1/agents", tags=["agents"])
TICK_S = 10.0

_EXAMPLE = {
    "source": "web-1",
    "epoch": 1_700_000_000_000,
    "fingerprint": "5f0c…",
    "boot": "9a31…",
    "version": "0.1.0",
    "config_version": "",
    "clock_ms": 1_700_000_060_000,
    "facts": {"os": "Debian 12", "cpus": 4},
    "plugins": [{"name": "nginx", "state": "ok", "series": 7}],
}


@router.post(
    "/checkin",
    summary="An agent reports itself",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        }
    },
)
async def checkin(
    request: Request, principal: Principal = Depends(needs("agent")), found: Context = Depends(context)
) -> Response:
    """The answer holds the gateway's time, the configuration if `config_version` is another, and orders.

    `clone`: more than one machine reports under this name; the one that gets the order `stand_down` must stop.
    """
    body = decode_checkin(await read_body(request, LARGEST))
    principal.need_subject("source", body.source)
    now_ms = found.clock.now_ms()
    answer = await asyncio.to_thread(check_in, found.store, found.log, principal.account, body, now_ms, found.key)
    return Response(msgspec.json.encode(answer), media_type="application/json")


@router.get("/control", response_class=EventSourceResponse, summary="Orders to an agent, as they come")
async def control(
    request: Request,
    source: str = Query(),
    principal: Principal = Depends(needs("agent")),
    credentials: HTTPAuthorizationCredentials = Depends(bearer),
    found: Context = Depends(context),
) -> EventSourceResponse:
    """Server-sent events. `config`: check in now. `realtime` and `realtime_end`: begin or end to stream.

    From now on; `tick` every ten seconds. What lasts comes again with each check-in, so an agent checks in whenever it
    has connected. The stream ends when its token is revoked.
    """
    check_source(source)
    principal.need_subject("source", source)
    tail, follower = agent_tail(request, found), AgentFollower(principal.account, source)
    return EventSourceResponse(
        _frames(found, tail, follower, principal, credentials.credentials),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        ping=600,  # the ticks keep it alive
    )


def agent_tail(request: Request, found: Context) -> AgentTail:
    """The tail of this gateway, made at its first use."""
    tail: AgentTail | None = getattr(request.app.state, "agents", None)
    if tail is None:
        tail = request.app.state.agents = AgentTail(found.log)
    return tail


async def _frames(
    found: Context, tail: AgentTail, follower: AgentFollower, principal: Principal, token: str
) -> AsyncIterator[bytes]:
    checked_at = found.clock.monotonic()
    try:
        await tail.join(follower)
    except Unavailable:
        return  # the agent comes again, and checks in meanwhile
    try:
        # Agents that connect again spread out, so that a restart of the gateway is not met by all at once.
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
