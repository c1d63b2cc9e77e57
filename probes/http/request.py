"""Request: the bytes that ask an endpoint for one answer over HTTP/1.1."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from probes.http.target import Target
from vedette.errors import InvalidInput

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
_VALUE = re.compile(r"[^\x00-\x08\x0a-\x1f\x7f]{0,8000}")
_FRAMING = frozenset({"connection", "content-length", "transfer-encoding", "upgrade", "te", "expect"})
SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing at the server (RFC 9110, 9.2.1)."""
UNSENT_BODY = SAFE
"""Methods whose requests say nothing of a body."""


@cache
def user_agent() -> str:
    """`Vedette/VERSION (+monitoring)`: endpoints' owners may know who asks."""
    try:
        return f"Vedette/{version('vedette')} (+monitoring)"
    except PackageNotFoundError:
        return "Vedette/0 (+monitoring)"


def usual_headers(target: Target, headers: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    """Host, User-Agent, Accept and the monitor's own `headers`, each by its name in lower case as it is written.

    `headers` add to or replace the usual ones. What frames the message or keeps the connection is not theirs to
    set; that, or a character that would break the message apart, is an `InvalidInput`. There is never a Cookie that
    the monitor does not name: what an answer sets is forgotten.
    """
    found = {
        "host": ("Host", target.authority),
        "user-agent": ("User-Agent", user_agent()),
        "accept": ("Accept", "*/*"),
    }
    for name, value in headers.items():
        _check_header(name, value)
        found[name.lower()] = (name, value.strip())
    return found


def request_bytes(
    method: str,
    target: Target,
    headers: Mapping[str, str],
    body: bytes | None = None,
    extra: Mapping[str, str] | None = None,
    *,
    upgrades: bool = False,
    whole_url: bool = False,
) -> bytes:
    """A complete request with these `headers` (see `usual_headers`), and `extra` ones that no monitor may set.

    With `upgrades` the connection is asked to become another. `whole_url` is the form that proxies want.
    """
    if _TOKEN.fullmatch(method) is None or method == "CONNECT":
        raise InvalidInput("method", method, "an HTTP method such as GET")
    lines = {key: f"{name}: {value}" for key, (name, value) in usual_headers(target, headers).items()}
    if method not in UNSENT_BODY:
        lines["content-length"] = f"Content-Length: {len(body or b'')}"
    lines["connection"] = "Connection: Upgrade" if upgrades else "Connection: close"
    for name, value in (extra or {}).items():
        lines[name.lower()] = f"{name}: {value}"
    asked = target.url if whole_url else target.path
    head = "\r\n".join((f"{method} {asked} HTTP/1.1", *lines.values(), "", ""))
    return head.encode("latin-1") + (body or b"")


def _check_header(name: str, value: str) -> None:
    field = f"headers.{name}"
    if _TOKEN.fullmatch(name) is None or name.lower() in _FRAMING:
        raise InvalidInput(field, name, "a header name, and none of " + ", ".join(sorted(_FRAMING)))
    try:
        value.encode("latin-1")
    except UnicodeEncodeError:
        raise InvalidInput(field, value, "characters of Latin-1") from None
    if _VALUE.fullmatch(value) is None:
        raise InvalidInput(field, value, "one line of at most 8000 characters")
