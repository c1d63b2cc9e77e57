"""Realtime sessions: `POST /v1/realtime/sessions`, their streams, and the frames that agents publish into them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Header, Path, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.intake.bodies import read_body
from ingest_api.middleware import Shortcut
from ingest_api.realtime.response import RealtimeStream
from ingest_api.realtime.sessions import Sessions
from ingest_api.realtime.tail import RealtimeTail
from ingest_api.security import bearer_of, needs, still_good
from ingest_api.security import viewer as viewer_principal
from ingest_api.stream.events import frame
from vedette.auth.scopes import Principal
from vedette.auth.tokens import session_hash
from vedette.errors import Gone, InvalidInput, NotFound
from vedette.events.fleet import check_source
from vedette.events.realtime import LARGEST_FRAME, LONGEST_S, MOST_SOURCES, decode_frame
from vedette.store import realtime, series
from vedette.store.realtime import Session

router = APIRouter(prefix="/v1/realtime", tags=["realtime"])
SHORTEST_S = 10
_IDENTITY = r"^[A-Za-z0-9_-]{22}$"
_EITHER = r"^([A-Za-z0-9_-]{22}|[0-9a-f]{64})$"


@dataclass(frozen=True, slots=True)
class Realtime:
    """What the realtime routes share."""

    tail: RealtimeTail
    sessions: Sessions


def make_realtime(found: Context) -> Realtime:
    """The realtime part of a gateway. Needs a running event loop."""
    tail = RealtimeTail(found.log, found.clock)
    return Realtime(tail, Sessions(found.store, found.log, found.clock, found.key, tail))


async def realtime_of(request: Request) -> Realtime:
    """The realtime part of the application that serves `request`."""
    found = request.app.state.realtime
    assert isinstance(found, Realtime)
    return found


class NewSession(BaseModel):
    """Which hosts are watched, and what of them. Without `groups` all collectors, without `plugins` none."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"sources": ["web-1", "web-2"], "duration_s": 1800}]}
    )
    sources: list[str] = Field(min_length=1, max_length=MOST_SOURCES)
    groups: list[str] = Field(default_factory=list, max_length=50)
    plugins: list[str] = Field(default_factory=list, max_length=50)
    duration_s: int = Field(default=LONGEST_S, ge=SHORTEST_S, le=LONGEST_S, description="seconds until it ends")


@router.post("/sessions", status_code=201, summary="Watch hosts second by second")
async def begin(
    body: NewSession,
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
    parts: Realtime = Depends(realtime_of),
) -> dict[str, Any]:
    """The session, and its `id`, shown this once: whoever is of the account and has it may look on.

    It ends at its time, when nobody has looked on for half a minute, or when it is ended.
    """
    sources = list(dict.fromkeys(body.sources))
    await asyncio.to_thread(_check_sources, found, principal.account, sources)
    for field, names in (("groups", body.groups), ("plugins", body.plugins)):
        for name in names:
            if not 1 <= len(name) <= 200 or not name.isprintable():
                raise InvalidInput(field, name, "names of 1 to 200 printable characters")
    identity, session = await asyncio.to_thread(
        parts.sessions.begin,
        principal.account,
        _name(principal),
        sources,
        list(dict.fromkeys(body.groups)),
        list(dict.fromkeys(body.plugins)),
        body.duration_s,
    )
    return {"id": identity, **_shown(session)}


def _check_sources(found: Context, account: int, sources: list[str]) -> None:
    known = {row["source"] for row in series.sources(found.store, account)}
    for source in sources:
        check_source(source)
        if source not in known:
            raise InvalidInput("sources", source, "names of hosts that have reported (`GET /v1/sources`)")


def _name(principal: Principal) -> str:
    return principal.email or f"token {principal.token}"


def _shown(session: Session) -> dict[str, Any]:
    return {
        "session": session.session,
        "creator": session.creator,
        "sources": session.sources,
        "groups": session.groups,
        "plugins": session.plugins,
        "created_ms": session.created_ms,
        "until_ms": session.until_ms,
        "ended_ms": session.ended_ms,
        "reason": session.reason,
    }


@router.get("/sessions", summary="Sessions that are live")
def list_sessions(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """Of this account, the newest first, without the `id` that opens them."""
    return {"sessions": [_shown(session) for session in realtime.live(found.store, principal.account)]}


@router.get("/sessions/{identity}", summary="One session")
def get_session(
    identity: str = Path(pattern=_EITHER),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
) -> dict[str, Any]:
    """By its `id`, or by its `session`. Ended ones are known for a week."""
    return _shown(_session(found, principal, identity))


def _session(found: Context, principal: Principal, identity: str) -> Session:
    key = identity if len(identity) == 64 else session_hash(identity)
    session = realtime.get(found.store, principal.account, key)
    if session is None:
        raise NotFound("there is no such realtime session in this account")
    return session


@router.delete("/sessions/{identity}", status_code=204, summary="End a session for everybody")
def end(
    identity: str = Path(pattern=_EITHER),
    principal: Principal = Depends(needs("read")),
    found: Context = Depends(context),
    parts: Realtime = Depends(realtime_of),
) -> Response:
    """By whoever began it, or an administrator. Open streams end at once."""
    session = _session(found, principal, identity)
    if session.creator != _name(principal):
        principal.need("admin")
    parts.sessions.end(session, "ended")
    return Response(status_code=204)


@router.get("/sessions/{identity}/stream", summary="The frames of a session, as they come (server-sent events)")
async def stream(
    request: Request,
    identity: str = Path(pattern=_IDENTITY),
    last_event_id: str | None = Query(None, description="as the header Last-Event-ID, for a page's first request"),
    last_event_id_header: str | None = Header(None, alias="Last-Event-ID"),
    principal: Principal = Depends(viewer_principal),
    found: Context = Depends(context),
    parts: Realtime = Depends(realtime_of),
) -> Response:
    """`session` says what is watched. `schema` names the values of a group of a host, `frame` holds them as arrays:
    first those of the last two minutes, or those after `Last-Event-ID` (or `reset`, if that is too long ago). `tick`
    comes every ten seconds, `hole` where frames were left out because the viewer was slow, `end` with the reason.

    The stream ends when its token expires or is revoked; reconnect with a new one and the last id.
    """
    since = _offset(last_event_id_header or last_event_id)
    session = await asyncio.to_thread(_session, found, principal, identity)
    if session.ended_ms is not None or session.until_ms <= found.clock.now_ms():
        raise Gone(f"this realtime session is over ({session.reason or 'time'})")
    token = request.state.credential

    async def good() -> bool:
        expired = principal.expires_s is not None and found.clock.now_ms() >= principal.expires_s * 1000
        return not expired and await still_good(token, found)

    return RealtimeStream(
        parts.tail,
        found.clock,
        session.session,
        session.account,
        about=frame("session", msgspec.json.encode({**_shown(session), "now": found.clock.now_ms()})),
        since=since,
        good=good,
    )


def _offset(text: str | None) -> int | None:
    if text is None or text == "":
        return None
    if not text.isdecimal() or len(text) > 18:
        raise InvalidInput("Last-Event-ID", text, "the id of an event of this stream")
    return int(text)


_EXAMPLE = {"seq": 1, "ts": 1_700_000_000_000, "groups": {"cpu": {"cpu.used_ratio": 0.41}}}


@router.post(
    "/frames",
    status_code=204,
    summary="An agent shows itself at a tick",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        }
    },
)
async def publish(request: Request) -> Response:
    """With the token of the order, good for one session and one host. 410 when the session is over."""
    sessions = (await realtime_of(request)).sessions
    publisher = sessions.publisher(bearer_of(request))
    await sessions.publish(publisher, decode_frame(await read_body(request, LARGEST_FRAME)))
    return Response(status_code=204)


SHORTCUTS = [Shortcut("/v1/realtime/frames", publish)]
