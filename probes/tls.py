"""TLS: the ways to trust a server, made once and shared by all checks, and which engine speaks to whom."""

from __future__ import annotations

import contextlib
import re
import ssl
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import httpx

from probes.acquaintance import Acquaintance
from probes.net import rustls
from probes.net.engine import Engine
from probes.net.openssl import OpenSsl

if TYPE_CHECKING:
    from vedette_tls import Config

Protocols = tuple[str, ...]
"""What a client offers to speak (ALPN), the best first; nothing for what may not be HTTP."""

Where = tuple[object, ...]
"""What tells a server from others that are asked for by the same name: its host and port, and the way there."""

BARE: Protocols = ()
HTTP1: Protocols = ("http/1.1",)
HTTP2: Protocols = ("h2",)
EITHER: Protocols = ("h2", "http/1.1")

MOST_ACQUAINTANCES = 100_000
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]+")


class TlsContexts:
    """Client contexts without session resumption, so that every check pays (and times) a full handshake.

    A context offers a session only when it is given one, and nobody gives it any: tickets that servers send are
    dropped with their connection. The contexts are made at first use; making them reads the system's certificates
    from disk. `quick`: whether rustls may speak to servers that it suits, where it was built.
    """

    def __init__(self, *, quick: bool = True) -> None:
        self._client = rustls.client() if quick else None
        self._made: dict[tuple[bool, Protocols], ssl.SSLContext] = {}
        self._like: dict[tuple[bool, Protocols], Config] = {}
        self._met: dict[tuple[Where, str, bool, Protocols], Acquaintance] = {}

    @property
    def quick(self) -> bool:
        """Whether it does, for some."""
        return self._client is not None

    def acquaintance(self, where: Where, name: str, verify: bool, protocols: Protocols) -> Acquaintance:
        """What is known of a server that is spoken to in this way. When there are too many, all are met anew."""
        found = self._met.get((where, name, verify, protocols))
        if found is None:
            if len(self._met) >= MOST_ACQUAINTANCES:
                self._met.clear()
            found = self._met[where, name, verify, protocols] = Acquaintance()
        return found

    def engine(self, name: str, verify: bool, protocols: Protocols, *, quick: bool) -> tuple[Engine, bool]:
        """The engine for a session with the server of this name, at its first word; whether it is the quick one."""
        if quick and self._client is not None and "_" not in name:  # for OpenSSL no wildcard stands for an underscore
            try:
                return self._client(self._config(verify, protocols), name), True
            except ValueError:
                pass  # a name that it does not take for one
        return OpenSsl(self.context(verify, protocols), name), False

    def context(self, verify: bool, protocols: Protocols) -> ssl.SSLContext:
        """The context that a monitor's `verify_tls` asks for, offering these protocols."""
        made = self._made.get((verify, protocols))
        if made is None:
            made = self._made[verify, protocols] = self.verifying() if verify else self.trusting()
            if protocols:
                made.set_alpn_protocols(list(protocols))
        return made

    def _config(self, verify: bool, protocols: Protocols) -> Config:
        like = self._like.get((verify, protocols))
        if like is None:
            like = self._like[verify, protocols] = rustls.trusting_like(self.context(verify, protocols), protocols)
        return like

    def verifying(self) -> ssl.SSLContext:
        """A new context that checks chain, name and dates against the system's authorities.

        A system without any (a minimal container) gets the ones that come with httpx: without them every
        HTTPS endpoint would look down.
        """
        if not _system_trusts():
            return httpx.create_ssl_context()
        context = ssl.create_default_context()
        for path in _folder_of_authorities():  # OpenSSL would read each when it is first needed, and tell nobody
            with contextlib.suppress(OSError, ssl.SSLError):
                context.load_verify_locations(path)
        return context

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


def _folder_of_authorities() -> Iterator[Path]:
    """The files that OpenSSL knows a folder's certificates by: the hash of the subject, and a number."""
    folder = ssl.get_default_verify_paths().capath
    if folder:
        yield from (path for path in sorted(Path(folder).iterdir()) if _HASHED.fullmatch(path.name))
