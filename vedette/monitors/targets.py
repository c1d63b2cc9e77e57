"""Targets: the form that a monitor's URL must have, by kind."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import SplitResult, urlsplit

SCHEMES: dict[str, tuple[str, ...]] = {
    "http": ("http", "https"),
    "tcp": ("tcp",),
    "tls": ("tls",),
    "dns": ("dns",),
    "ws": ("ws", "wss"),
    "icmp": ("icmp",),
    "grpc": ("grpc", "grpcs"),
}
"""The schemes of each kind."""

_FORMS = {
    "http": "an http:// or https:// URL",
    "tcp": "tcp://host:port",
    "tls": "tls://host or tls://host:port",
    "dns": "dns://name",
    "ws": "a ws:// or wss:// URL",
    "icmp": "icmp://host",
    "grpc": "grpc://host:port or grpcs://host:port",
}
_OTHERS = ", ".join(form for kind, form in _FORMS.items() if kind != "http")
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?)*\.?", re.IGNORECASE)


def kind_of(url: object) -> str | None:
    """The kind that a URL's scheme tells; None where it tells none."""
    scheme = url.partition(":")[0].lower() if isinstance(url, str) else ""
    return next((kind for kind, schemes in SCHEMES.items() if scheme in schemes), None)


def check_target(kind: str, url: str) -> None:
    """Raise ValueError (what is allowed) unless `url` is a target for monitors of `kind`."""
    form = _FORMS[kind]
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{form} ({error})") from error
    if parts.scheme not in SCHEMES[kind] or not parts.hostname or port == 0:
        with_host = f"{form} with a host" if form.endswith("URL") else form
        raise ValueError(with_host if kind != "http" or kind_of(url) == kind else f"{with_host}; or {_OTHERS}")
    if any(char <= " " for char in url):
        raise ValueError("a URL without spaces and control characters")
    if kind not in {"http", "ws"}:
        _check_bare(kind, parts, port)
    elif parts.username is not None:
        raise ValueError(f"{form} without user and password, which would end up in logs: send them as a header")
    elif not _is_host(parts.hostname):
        raise ValueError(f"{form}: a host name or an IP address")


def check_proxy(url: str) -> None:
    """Raise ValueError (what is allowed) unless `url` is that of a proxy."""
    form = "http://host:port and nothing behind it (user and password are proxy_auth)"
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"{form} ({error})") from error
    bare = parts.path in {"", "/"} and not parts.query and not parts.fragment and parts.username is None
    host = parts.hostname or ""
    if parts.scheme != "http" or port == 0 or not bare or any(char <= " " for char in url):
        raise ValueError(form)
    if not _is_host(host):
        raise ValueError(f"{form}: a host name or an IP address")


def _check_bare(kind: str, parts: SplitResult, port: int | None) -> None:
    """Kinds whose target is a host and perhaps a port, and nothing else."""
    form = _FORMS[kind]
    if parts.path not in {"", "/"} or parts.query or parts.fragment or parts.username is not None:
        raise ValueError(f"{form} and nothing behind it")
    if (kind in {"tcp", "grpc"}) is (port is None) and kind != "tls":
        raise ValueError(form)
    host = parts.hostname or ""
    if kind == "dns":
        if _NAME.fullmatch(host) is None or len(host) > 253:
            raise ValueError("dns:// and a name of letters, digits, - and _ (write others as xn--…)")
    elif not _is_host(host):
        raise ValueError(f"{form}: a host name or an IP address")


def _is_host(host: str) -> bool:
    return _is_address(host) or (len(host) <= 253 and _NAME.fullmatch(_ascii(host)) is not None)


def _is_address(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def _ascii(host: str) -> str:
    try:
        return host if host.isascii() else host.encode("idna").decode()
    except UnicodeError as error:
        raise ValueError(f"a host name ({error})") from error
