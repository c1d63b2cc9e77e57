"""`GET /v1/stream`: server-sent events of an account."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
from fastapi import APIRouter, Depends, Header, Query, Request
from sse_starlette import EventSourceResponse

from ingest_api.context import Context, context
from ingest_api.security import still_good
from ingest_api.security import viewer as viewer_principal
from ingest_api.stream.events import STREAMED, format_positions, frame, parse_positions
from ingest_api.stream.hub import Viewer
from vedette.auth.scopes import Principal
from vedette.errors import InvalidInput

router = APIRouter(tags=["stream"])
TICK_S = 10.0


@router.get(
    "/v1/stream",
    response_class=EventSourceResponse,
    summary="Samples, checks, signals and alerts as they arrive (server-sent events)",
)
async def stream(
    request: Request,
    topics: str = Query("samples,checks,alerts", examples=["samples,checks,alerts"]),
    sources: str | None = Query(None, description="only samples of these sources, separated by commas"),
    last_event_id: str | None = Query(None, description="as the header Last-Event-ID, for a page's first request"),
    last_event_id_header: str | None = Header(None, alias="Last-Event-ID"),
    principal: Principal = Depends(viewer_principal),
    found: Context = Depends(context),
) -> EventSourceResponse:
    """Events with ids, from now on or from `Last-Event-ID`; a `tick` every ten seconds; `reset` after too long a gap.

    The stream ends when its token expires or is revoked; reconnect with a new one and the last id.
    """
    wanted = frozenset(part.strip() for part in topics.split(",") if part.strip())
    for topic in sorted(wanted - STREAMED.keys()):
        raise InvalidInput("topics", topic, ", ".join(STREAMED))
    chosen = frozenset(sources.split(",")) if sources else None
    since = last_event_id_header or last_event_id
    if since is not None:
        parse_positions(since)
    return EventSourceResponse(
        _frames(found, Viewer(principal.account, wanted, chosen), since, principal, request.state.credential),
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
        ping=int(TICK_S),
    )


async def _frames(
    found: Context, viewer: Viewer, since: str | None, principal: Principal, token: str
) -> AsyncIterator[bytes]:
    hub, checked_at = found.hub, found.clock.monotonic()
    start = await hub.enter(viewer)
    try:
        # Reconnecting viewers spread out, so that a restart of the gateway is not met by all at once.
        yield f"retry: {random.randint(1000, 3000)}\n\n".encode()  # noqa: S311 - not a secret
        # An id only where nothing is replayed: it would claim that the missed events have been seen.
        yield _tick(found, format_positions(start) if since is None else None)
        if since is not None:
            missed = await asyncio.to_thread(hub.replay, viewer, parse_positions(since), start)
            for data in [frame("reset", b'{"reason":"gap"}', format_positions(start))] if missed is None else missed:
                yield data
        while not viewer.over and not _expired(found, principal):
            if principal.token is not None and found.clock.monotonic() - checked_at >= TICK_S:
                if not await still_good(token, found):
                    break
                checked_at = found.clock.monotonic()
            while viewer.queue:
                yield viewer.queue.popleft()
            viewer.arrived.clear()
            try:
                async with asyncio.timeout(TICK_S):
                    await viewer.arrived.wait()
            except TimeoutError:
                yield _tick(found, None)
    finally:
        hub.leave(viewer)


def _expired(found: Context, principal: Principal) -> bool:
    return principal.expires_s is not None and found.clock.now_ms() >= principal.expires_s * 1000


def _tick(found: Context, identity: str | None) -> bytes:
    return frame("tick", msgspec.json.encode({"now": found.clock.now_ms()}), identity)
