"""Signing in and out: `/v1/auth/…`, `/v1/me`, and API tokens."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from ingest_api.context import Context, context
from ingest_api.security import REFRESH_COOKIE, STREAM_COOKIE, needs
from vedette.auth.passwords import password_matches
from vedette.auth.scopes import Principal, Scope
from vedette.auth.tokens import ACCESS_S, REFRESH_S, access_token
from vedette.errors import NotAuthenticated
from vedette.store import accounts

router = APIRouter(prefix="/v1", tags=["auth"])


class Login(BaseModel):
    """Who signs in."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"email": "admin@localhost", "password": "…"}]}
    )
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class Refresh(BaseModel):
    """A refresh token; browsers send it as a cookie instead."""

    model_config = ConfigDict(extra="forbid")
    refresh_token: str | None = None


class Access(BaseModel):
    """An access token, valid for `expires_in` seconds, and the refresh token to get the next one with."""

    access_token: str
    token_type: str = "Bearer"  # noqa: S105 - the name of a scheme, not a secret
    expires_in: int = ACCESS_S
    refresh_token: str


class NewToken(BaseModel):
    """An API token to be made. `subject` binds it to one source or location."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"name": "web-1", "scopes": ["agent"], "subject": "web-1"}]},
    )
    name: str = Field(min_length=1, max_length=200)
    scopes: list[Scope] = Field(min_length=1)
    subject: str | None = Field(default=None, min_length=1, max_length=200)


def _answer(response: Response, found: Context, user: accounts.User, refresh: str) -> Access:
    access = access_token(user.principal(), found.key, found.clock.now_ms() // 1000)
    secure = found.settings.secure_cookies
    response.set_cookie(
        REFRESH_COOKIE, refresh, REFRESH_S, path="/v1/auth", httponly=True, secure=secure, samesite="strict"
    )
    response.set_cookie(STREAM_COOKIE, access, ACCESS_S, path="/v1", httponly=True, secure=secure, samesite="strict")
    response.headers["Cache-Control"] = "no-store"
    return Access(access_token=access, refresh_token=refresh)


@router.post("/auth/login", summary="Sign in with e-mail address and password")
def login(body: Login, request: Request, response: Response, found: Context = Depends(context)) -> Access:
    """Access and refresh token, also as cookies. After a few failures further tries must wait (429)."""
    keys = (f"address:{request.client.host if request.client else ''}", f"user:{body.email.strip().lower()}")
    now = found.clock.monotonic()
    found.logins.check(keys, now)
    # Counted before it is known, so that many tries at once are not all let through; and few at a time are hashed,
    # for each takes 64 MB.
    found.logins.failed(keys, now)
    user = accounts.user_by_email(found.store, body.email)
    with found.hashing:
        matches = password_matches(user.password_hash if user else None, body.password)
    if not matches or user is None:
        raise NotAuthenticated("e-mail address or password is wrong")
    found.logins.succeeded(keys)
    return _answer(response, found, user, accounts.start_session(found.store, user.id))


@router.post("/auth/refresh", summary="A new access token for a refresh token")
def refresh(
    request: Request, response: Response, body: Refresh | None = None, found: Context = Depends(context)
) -> Access:
    """The refresh token is used up and replaced; using it again ends the session."""
    token = (body.refresh_token if body else None) or request.cookies.get(REFRESH_COOKIE)
    if token is None:
        raise NotAuthenticated("there is no session; sign in")
    user, following = accounts.rotate_session(found.store, token)
    return _answer(response, found, user, following)


@router.post("/auth/logout", status_code=204, summary="End the session")
def logout(request: Request, body: Refresh | None = None, found: Context = Depends(context)) -> Response:
    """End the session of the refresh token and take back the cookies."""
    token = (body.refresh_token if body else None) or request.cookies.get(REFRESH_COOKIE)
    if token is not None:
        accounts.end_session(found.store, token)
    response = Response(status_code=204)
    response.delete_cookie(REFRESH_COOKIE, path="/v1/auth")
    response.delete_cookie(STREAM_COOKIE, path="/v1")
    return response


@router.get("/me", summary="Who am I")
def me(principal: Principal = Depends(needs("read")), found: Context = Depends(context)) -> dict[str, Any]:
    """The user (or token), the account, the scopes."""
    name = accounts.account_name(found.store, principal.account)
    return {
        "email": principal.email,
        "account": {"id": principal.account, "name": name},
        "scopes": sorted(principal.scopes),
    }


@router.get("/tokens", summary="The account's API tokens")
def list_tokens(principal: Principal = Depends(needs("admin")), found: Context = Depends(context)) -> dict[str, Any]:
    """Without their secrets."""
    return {"tokens": accounts.api_tokens(found.store, principal.account)}


@router.post("/tokens", status_code=201, summary="Make an API token")
def make_token(
    body: NewToken, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> dict[str, str]:
    """The token, shown this once only."""
    scopes = [str(scope) for scope in body.scopes]
    return {"token": accounts.add_api_token(found.store, principal.account, body.name, scopes, body.subject)}


@router.delete("/tokens/{token}", status_code=204, summary="Revoke an API token")
def revoke_token(
    token: int, principal: Principal = Depends(needs("admin")), found: Context = Depends(context)
) -> Response:
    """It stops working within five seconds on every gateway."""
    accounts.revoke_api_token(found.store, principal.account, token)
    found.tokens.forget()
    return Response(status_code=204)
