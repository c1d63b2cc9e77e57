"""TLS contexts: the ways to trust a server, made once and shared by all checks."""

from __future__ import annotations

import ssl
from functools import cached_property
from pathlib import Path

import httpx


class TlsContexts:
    """Client contexts without session resumption, so that every check pays (and times) a full handshake.

    The contexts are made at first use; making them reads the system's certificates from disk.
    """

    @cached_property
    def verifying(self) -> ssl.SSLContext:
        """Checks chain, name and dates against the system's authorities.

        A system without any (a minimal container) gets the ones that come with httpx: without them every
        HTTPS endpoint would look down.
        """
        return _speaking_http1(_verifying())

    @cached_property
    def trusting(self) -> ssl.SSLContext:
        """Accepts any certificate, for monitors with `verify_tls` off."""
        return _speaking_http1(_trusting())

    @cached_property
    def bare_verifying(self) -> ssl.SSLContext:
        """As `verifying`, without naming a protocol: a server that does not speak HTTP may refuse that name."""
        return _verifying()

    @cached_property
    def bare_trusting(self) -> ssl.SSLContext:
        """As `trusting`, without naming a protocol."""
        return _trusting()

    def for_verify(self, verify: bool, *, bare: bool = False) -> ssl.SSLContext:
        """The context that a monitor's `verify_tls` asks for; `bare` for what may not be HTTP."""
        if bare:
            return self.bare_verifying if verify else self.bare_trusting
        return self.verifying if verify else self.trusting


def _verifying() -> ssl.SSLContext:
    return ssl.create_default_context() if _system_trusts() else httpx.create_ssl_context()


def _trusting() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def _system_trusts() -> bool:
    """Whether this system brings any certificate authority."""
    paths = ssl.get_default_verify_paths()
    return bool(paths.cafile) or (bool(paths.capath) and any(Path(paths.capath).iterdir()))


def _speaking_http1(context: ssl.SSLContext) -> ssl.SSLContext:
    context.set_alpn_protocols(["http/1.1"])
    return context
