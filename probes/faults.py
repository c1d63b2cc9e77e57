"""Fault: what went wrong in a check, from a closed list of kinds, and whether the prober itself is to blame."""

from __future__ import annotations

import errno
import socket
from dataclasses import dataclass
from typing import Literal

from vedette.errors import VedetteError

FaultKind = Literal[
    "dns",
    "connect_refused",
    "connect",
    "tls",
    "tls_certificate",
    "timeout_dns",
    "timeout_connect",
    "timeout_tls",
    "timeout_ttfb",
    "timeout_transfer",
    "protocol",
    "truncated",
    "status",
    "body_too_large",
    "too_many_redirects",
    "bad_redirect",
    "proxy",
    "private_address",
    "not_permitted",
    "answer",
    "assertion",
    "certificate_days",
    "too_slow",
    "offline",
    "internal",
]
MAX_ERROR = 200
"""Longest `error` of a result, in characters."""

OWN_ERRNOS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOBUFS,
        errno.ENOMEM,
        errno.EADDRNOTAVAIL,
        errno.ENETUNREACH,
        errno.ENETDOWN,
        errno.EPERM,
        errno.EACCES,
    }
)
"""System errors that tell of this machine (out of sockets, no network, a local firewall), not of the endpoint."""

OWN_RESOLVER = frozenset({socket.EAI_SYSTEM, socket.EAI_MEMORY})
"""Resolver errors that tell of this machine; all others tell of the name."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault: its kind, a detail for people, and `own` when it is the prober's and not the endpoint's."""

    kind: FaultKind
    detail: str
    own: bool = False

    def __str__(self) -> str:
        """`kind: detail` on one line, at most `MAX_ERROR` characters, all of them printable.

        The detail may repeat bytes of a broken server; no table could hold some of them.
        """
        text = f"{self.kind}: {' '.join(self.detail.split())}"
        text = "".join(char if char.isprintable() else "?" for char in text)
        return text if len(text) <= MAX_ERROR else text[: MAX_ERROR - 1] + "…"


class Faulted(VedetteError):
    """A check ended with `fault`; it never leaves the check."""

    code = "faulted"

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


def connect_fault(error: OSError, address: str, port: int) -> Fault:
    """The fault behind an `OSError` of a TCP connection to `address`."""
    where = f"{address} port {port}"
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, ConnectionRefusedError):
        return Fault("connect_refused", where)
    return Fault("connect", f"{where}: {reason}", own=error.errno in OWN_ERRNOS)


def resolve_fault(error: OSError | UnicodeError, host: str) -> Fault:
    """The fault behind an error of the name look-up of `host`."""
    if isinstance(error, UnicodeError):
        return Fault("dns", f"{host}: not a host name")
    reason = error.strerror or str(error) or type(error).__name__
    if isinstance(error, socket.gaierror):
        return Fault("dns", f"{host}: {reason}", own=error.errno in OWN_RESOLVER)
    return Fault("dns", f"{host}: {reason}", own=error.errno in OWN_ERRNOS)
