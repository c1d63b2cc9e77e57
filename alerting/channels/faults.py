"""Faults: why a receiver gave no answer, in words that say what to look at."""

from __future__ import annotations

import ssl
from collections.abc import Iterator

import httpx

_DEEPEST = 10
_WORDS: tuple[tuple[type[httpx.HTTPError], str], ...] = (
    (httpx.ConnectTimeout, "no connection in time, or its TLS handshake came to no end"),
    (httpx.ReadTimeout, "no answer in time"),
    (httpx.WriteTimeout, "it did not take the whole request in time"),
    (httpx.PoolTimeout, "no connection was free in time"),
)


def words_of(error: httpx.HTTPError) -> str:
    """What went wrong with a request that got no whole answer, in one line. It may pass: certificates are renewed."""
    for cause in () if isinstance(error, httpx.TimeoutException) else _causes(error):
        if isinstance(cause, ssl.SSLCertVerificationError):
            return f"its certificate is not accepted: {cause.verify_message}"
        if isinstance(cause, ssl.SSLError):
            return f"no TLS connection: {(cause.reason or str(cause)).replace('_', ' ').lower()}"
    found = next((words for kind, words in _WORDS if isinstance(error, kind)), str(error))
    name = type(error).__name__
    return f"{name}: {found}" if found else name


def _causes(error: BaseException) -> Iterator[BaseException]:
    """The error, and what caused it."""
    found: BaseException | None = error
    for _ in range(_DEEPEST):
        if found is None:
            return
        yield found
        found = found.__cause__ or found.__context__
