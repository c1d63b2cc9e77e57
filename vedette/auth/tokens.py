"""Tokens: signed access tokens for people, random API and refresh tokens that are stored as hashes."""

from __future__ import annotations

import os
import re
import secrets
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import jwt

from vedette.auth.scopes import Principal
from vedette.errors import ConfigurationError, InvalidInput, NotAuthenticated

ACCESS_S = 900
REFRESH_S = 30 * 86_400
API_PREFIX = "vdt_"
ENROLMENT_PREFIX = "vde_"
_KEY_BYTES = 32
_ALGORITHM = "HS256"
_PUBLISHER = "vedette-realtime"


def load_key(folder: Path) -> bytes:
    """The signing key in `folder`, made at first use with mode 600. Safe when two processes start at once."""
    path = folder / "access.key"
    fresh = folder / f".access.key.{os.getpid()}.{secrets.token_hex(4)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if not path.exists():
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
                file.write(secrets.token_bytes(_KEY_BYTES))
            try:
                os.link(fresh, path)  # fails if another process was first; its key counts
            except FileExistsError:
                pass
            finally:
                fresh.unlink()
        key = path.read_bytes()
    except OSError as error:
        raise ConfigurationError("VEDETTE_KEY_DIR", str(folder), f"a folder for keys ({error})") from error
    if len(key) != _KEY_BYTES:
        raise ConfigurationError("VEDETTE_KEY_DIR", str(path), f"a key of {_KEY_BYTES} bytes")
    return key


def access_token(principal: Principal, key: bytes, now_s: int) -> str:
    """A JWT (RFC 7519) for a user, valid for `ACCESS_S` seconds."""
    claims = {
        "sub": str(principal.user),
        "acc": principal.account,
        "email": principal.email,
        "scopes": sorted(principal.scopes),
        "iat": now_s,
        "exp": now_s + ACCESS_S,
    }
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_access_token(token: str, key: bytes, now_s: int) -> Principal:
    """Who the token is for; `NotAuthenticated` if it is not ours, not whole, or over."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            options={"require": ["sub", "exp", "acc"], "verify_exp": False, "verify_iat": False},
        )
        if claims["exp"] <= now_s:
            raise NotAuthenticated("the access token has expired")
        return Principal(
            int(claims["acc"]),
            frozenset(claims["scopes"]),
            user=int(claims["sub"]),
            email=claims["email"],
            expires_s=int(claims["exp"]),
        )
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise NotAuthenticated("the access token is not valid") from error


@dataclass(frozen=True, slots=True)
class PublishGrant:
    """What a publish token says: whose frames of which session it is good for, and whether they are archived."""

    account: int
    session: str
    source: str
    archive: bool = False


def publish_token(grant: PublishGrant, until_ms: int, key: bytes) -> str:
    """A JWT with which one host may publish frames of one realtime session until it ends, and do nothing else."""
    claims = {"aud": _PUBLISHER, "acc": grant.account, "ses": grant.session, "src": grant.source}
    claims |= {"exp": until_ms // 1000 + 1, "arc": grant.archive}
    return jwt.encode(claims, key, algorithm=_ALGORITHM)


def read_publish_token(token: str, key: bytes, now_s: int) -> PublishGrant:
    """What a publish token is for; `NotAuthenticated` if it is not ours, or over."""
    try:
        claims = jwt.decode(
            token,
            key,
            algorithms=[_ALGORITHM],
            audience=_PUBLISHER,
            options={"require": ["aud", "exp", "acc", "ses", "src"], "verify_exp": False},
        )
        if claims["exp"] <= now_s:
            raise NotAuthenticated("the publish token has expired")
        return PublishGrant(int(claims["acc"]), str(claims["ses"]), str(claims["src"]), claims.get("arc") is True)
    except (jwt.PyJWTError, KeyError, ValueError) as error:
        raise NotAuthenticated("the publish token is not valid") from error


def new_session_identity() -> str:
    """128 random bits: the part of a realtime session's link that cannot be guessed."""
    return secrets.token_urlsafe(16)


def session_hash(identity: str) -> str:
    """Under what a realtime session is stored and ordered."""
    return sha256(f"vedette realtime {identity}".encode()).hexdigest()


def new_api_token() -> str:
    """`vdt_` and 160 random bits."""
    return API_PREFIX + secrets.token_urlsafe(20)


def new_enrolment_token() -> str:
    """`vde_` and 160 random bits: it lets a host in, and nothing else."""
    return ENROLMENT_PREFIX + secrets.token_urlsafe(20)


def check_api_token(token: str) -> None:
    """Raise `InvalidInput` for what is not `vdt_` and at least 160 bits in URL-safe Base64; it is not shown."""
    if re.fullmatch(API_PREFIX + r"[A-Za-z0-9_-]{27,200}", token) is None:
        raise InvalidInput("token", "***", f"{API_PREFIX} and at least 27 of A-Z, a-z, 0-9, - and _")


def new_refresh_token() -> str:
    """256 random bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a random token: SHA-256 suffices, for nobody can try 2^160 of them."""
    return sha256(token.encode()).digest()
