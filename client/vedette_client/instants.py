"""Instants: points in time as the gateway's routes take them."""

from __future__ import annotations

from datetime import datetime

from vedette_client.errors import Misuse

Instant = datetime | int
"""A datetime with a zone, or milliseconds UTC."""


def milliseconds(instant: Instant) -> int:
    """The instant in milliseconds UTC; `Misuse` for a datetime without a zone, which is no instant."""
    if isinstance(instant, int):
        return instant
    if instant.tzinfo is None:
        raise Misuse(f"{instant!r} is not allowed; allowed: a datetime with a zone, or milliseconds UTC")
    return round(instant.timestamp() * 1000)
