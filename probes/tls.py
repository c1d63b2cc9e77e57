"""TLS contexts: the ways to trust a server, made once and shared by all checks."""

from __future__ import annotations

import ssl
from pathlib import Path

import httpx

Protocols = tuple[str, ...]
"""What a client offers to speak (ALPN), the best first; nothing for what may not be HTTP."""

BARE: Protocols = ()
HTTP1: Protocols = ("http/1.1",)
HTTP2: Protocols = ("h2",)
EITHER: Protocols = ("h2", "http/1.1")


class TlsContexts:
    """Client contexts without session resumption, so that every check pays (and times) a full handshake.

    A context offers a session only when it is given one, and nobody gives it any: tickets that servers send are
    dropped with their connection. The contexts are made at first use; making them reads the system's certificates
    from disk.
    """

    def __init__(self) -> None:
        self._made: dict[tuple[bool, Protocols], ssl.SSLContext] = {}

    def context(self, verify: bool, protocols: Protocols) -> ssl.SSLContext:
        """The context that a monitor's `verify_tls` asks for, offering these protocols."""
        made = self._made.get((verify, protocols))
        if made is None:
            made = self._made[verify, protocols] = self.verifying() if verify else self.trusting()
            if protocols:
                made.set_alpn_protocols(list(protocols))
        return made

    def verifying(self) -> ssl.SSLContext:
        """A new context that checks chain, name and dates against the system's authorities.

        A system without any (a minimal container) gets the ones that come with httpx: without them every
        HTTPS endpoint would look down.
        """
        return ssl.create_default_context() if _system_trusts() else httpx.create_ssl_context()

    def trusting(self) -> ssl.SSLContext:
        """A new context that accepts any certificate, for monitors with `verify_tls` off."""
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        return context


def _system_trusts() -> bool:
    """Whether this system brings any certificate authority."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))
