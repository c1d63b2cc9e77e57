"""Enrolment: one-time tokens for hosts, and `POST /v1/agents/enrol`."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.intake.bodies import read_body
from ingest_api.security import needs
from vedette.auth.scopes import Principal
from vedette.events.fleet import check_source, decode_enrolment
from vedette.store import enrolment

router = APIRouter(prefix="/v1/agents", tags=["agents"])
LARGEST = 256 << 10
"""Bytes of an enrolment or a check-in."""


class NewEnrolmentToken(BaseModel):
    """What the token allows. With a `source` it lets in that host only, also in place of another machine."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"roles": ["web"], "uses": 20, "ttl_s": 3600}]}
    )
    roles: list[str] = Field(default_factory=list, max_length=50)
    uses: int = Field(default=1, ge=1, le=10_000)
    ttl_s: int = Field(default=3600, ge=60, le=30 * 86_400)
    source: str | None = None
    allow_reclaim: bool = Field(default=False, description="it may take names over from other machines")


@router.post("/enrolment-tokens", status_code=201, summary="Make a token that lets hosts in")
def make_token(
    body: NewEnrolmentToken, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, Any]:
    """The token, shown this once only."""
    if body.source is not None:
        check_source(body.source)
    spec = enrolment.EnrolmentSpec(tuple(body.roles), body.uses, body.ttl_s, body.source, body.allow_reclaim)
    return enrolment.add_enrolment_token(found.store, principal.account, spec, found.clock.now_ms())


@router.get("/enrolment-tokens", summary="Tokens that still let hosts in")
def list_tokens(principal: Principal = Depends(needs("admin")), found: Context = Depends(context)) -> dict[str, Any]:
    """Without their secrets."""
    return {"tokens": enrolment.enrolment_tokens(found.store, principal.account, found.clock.now_ms())}


@router.delete("/enrolment-tokens/{token}", status_code=204, summary="Revoke an enrolment token")
def revoke_token(
    token: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """Hosts that it has let in stay in."""
    enrolment.revoke_enrolment_token(found.store, principal.account, token, found.clock.now_ms())
    return Response(status_code=204)


_EXAMPLE = {
    "token": "vde_…",
    "source": "web-1",
    "fingerprint": "5f0c…",
    "version": "0.1.0",
    "facts": {"os": "Debian 12"},
    "reclaim": False,
}


@router.post(
    "/enrol",
    status_code=201,
    summary="Let a host in",
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {"application/json": {"schema": {"type": "object"}, "example": _EXAMPLE}},
        }
    },
)
async def enrol(request: Request, found: Context = Depends(context)) -> Response:
    """Needs no login but an enrolment token. The answer holds the host's own API token, bound to its name.

    409 if the name is another machine's: `reclaim` takes it over with its history, if the token allows that, and ends
    the other machine's token.
    """
    asked = decode_enrolment(await read_body(request, LARGEST))
    answer = await asyncio.to_thread(enrolment.enrol, found.store, asked, found.clock.now_ms())
    found.tokens.forget()
    return Response(msgspec.json.encode(answer), 201, {"Cache-Control": "no-store"}, "application/json")
