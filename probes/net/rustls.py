"""Rustls: the engine that costs least (`vedette_tls.Client`), where `native/` was built; it knows TLS 1.2 and 1.3."""

from __future__ import annotations

import ssl
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from vedette_tls import Client, Config


def client() -> type[Client] | None:
    """The engine, if this installation has it."""
    try:
        from vedette_tls import Client
    except ImportError:
        return None
    return Client


def trusting_like(context: ssl.SSLContext, protocols: Iterable[str]) -> Config:
    """A configuration that trusts whom `context` trusts, and offers `protocols`.

    An authority counts only if it signed itself and while its time lasts, as for OpenSSL.
    """
    from vedette_tls import Config

    offered = [name.encode("ascii") for name in protocols]
    if context.verify_mode == ssl.CERT_NONE:
        return Config(None, offered)
    return Config([*_authorities(context)], offered)


def _authorities(context: ssl.SSLContext) -> Iterable[tuple[bytes, int, int]]:
    for der, about in zip(context.get_ca_certs(binary_form=True), context.get_ca_certs(), strict=True):
        if about["subject"] == about["issuer"]:
            begin, end = (ssl.cert_time_to_seconds(str(about[name])) for name in ("notBefore", "notAfter"))
            yield der, begin, end
