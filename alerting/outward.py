"""The HTTP client with which notifications go out."""

from __future__ import annotations

import ssl

import httpx

from alerting.private_addresses import refuse_private


def http_client(timeout_s: float, *, allow_private: bool) -> httpx.AsyncClient:
    """A client without the environment's proxies; it refuses private addresses unless they are allowed."""
    hooks = [] if allow_private else [refuse_private]
    return httpx.AsyncClient(timeout=timeout_s, event_hooks={"request": hooks}, trust_env=False, verify=authorities())


def authorities() -> ssl.SSLContext:
    """Whom certificates must be signed by: the system's authorities and those that httpx brings, or who stands in the
    file `SSL_CERT_FILE`, as for mails."""
    context = httpx.create_ssl_context()
    context.load_default_certs()
    return context
