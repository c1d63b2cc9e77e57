"""Request: the bytes that ask an endpoint for one answer."""

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
_BODILESS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


@cache
def user_agent() -> str:
    """`Vedette/VERSION (+monitoring)`: endpoints' owners may know who asks."""
    try:
        return f"Vedette/{version('vedette')} (+monitoring)"
    except PackageNotFoundError:
        return "Vedette/0 (+monitoring)"


def request_bytes(
    method: str,
    target: Target,
    headers: Mapping[str, str],
    body: bytes | None = None,
    upgrade: Mapping[str, str] | None = None,
) -> bytes:
    """A complete HTTP/1.1 request; with `upgrade` one that asks for another protocol with these headers.

    `headers` add to or replace Host, User-Agent and Accept. What frames the message or keeps the connection
    is not theirs to set; that, or a character that would break the message apart, is an `InvalidInput`.
    """
    if _TOKEN.fullmatch(method) is None or method == "CONNECT":
        raise InvalidInput("method", method, "an HTTP method such as GET")
    lines = {"host": f"Host: {target.authority}", "user-agent": f"User-Agent: {user_agent()}"}
    lines["accept"] = "Accept: */*"
    for name, value in headers.items():
        _check_header(name, value)
        lines[name.lower()] = f"{name}: {value.strip()}"
    if method not in _BODILESS:
        lines["content-length"] = f"Content-Length: {len(body or b'')}"
    lines["connection"] = "Connection: close" if upgrade is None else "Connection: Upgrade"
    for name, value in (upgrade or {}).items():
        lines[name.lower()] = f"{name}: {value}"
    head = "\r\n".join((f"{method} {target.path} HTTP/1.1", *lines.values(), "", ""))
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
