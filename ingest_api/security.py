"""Security: from a request's credential to a principal with the scope that a route needs."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import Depends, Request, Security
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from ingest_api.context import Context, context, context_of
from vedette.auth.scopes import Principal, Scope
from vedette.auth.tokens import API_PREFIX, read_access_token
from vedette.errors import NotAuthenticated, Unavailable

STREAM_COOKIE = "vedette_stream"
REFRESH_COOKIE = "vedette_refresh"
bearer = HTTPBearer(auto_error=False, description="An API token (`vdt_…`) or the access token of a sign-in")


async def principal_of(token: str, found: Context) -> Principal:
    """Who `token` is for, whichever kind it is."""
    if not token.startswith(API_PREFIX):
        return read_access_token(token, found.key, found.clock.now_ms() // 1000)
    cached = found.tokens.cached(token)
    return cached if cached is not None else await asyncio.to_thread(found.tokens.look_up, token)


def needs(scope: Scope) -> Callable[..., Awaitable[Principal]]:
    """A dependency: the principal of the request, who has `scope`."""

    async def dependency(
        found: Context = Depends(context),
        credentials: HTTPAuthorizationCredentials | None = Security(bearer),
    ) -> Principal:
        if credentials is None:
            raise NotAuthenticated("this needs a bearer token")
        principal = await principal_of(credentials.credentials, found)
        principal.need(scope)
        return principal

    return dependency


def bearer_of(request: Request) -> str:
    """The bearer token that a request carries."""
    found = next((value for name, value in request.scope["headers"] if name == b"authorization"), b"")
    kind, _, token = found.decode("latin-1").partition(" ")
    if kind.lower() != "bearer" or not token.strip():
        raise NotAuthenticated("this needs a bearer token")
    return token.strip()


async def authorised(request: Request, scope: Scope) -> Principal:
    """The same for a route that does without dependencies."""
    principal = await principal_of(bearer_of(request), context_of(request))
    principal.need(scope)
    return principal


async def viewer(
    request: Request,
    found: Context = Depends(context),
    credentials: HTTPAuthorizationCredentials | None = Security(bearer),
) -> Principal:
    """The principal of an event stream: a browser's EventSource sends no header, but the cookie of the sign-in.

    The token stays in the request's state as `credential`, for a stream outlives many a token.
    """
    token = credentials.credentials if credentials is not None else request.cookies.get(STREAM_COOKIE)
    if token is None:
        raise NotAuthenticated("this needs a bearer token or the cookie of a sign-in")
    principal = await principal_of(token, found)
    principal.need("read")
    request.state.credential = token
    return principal


async def still_good(token: str, found: Context) -> bool:
    """Whether `token` still is anybody's; while the database is away, it is."""
    try:
        await principal_of(token, found)
    except NotAuthenticated:
        return False
    except Unavailable:
        return True
    return True
