"""Private addresses: where outgoing requests of users must not go unless it is allowed."""

from __future__ import annotations

import asyncio
import ipaddress
import socket

import httpx

from alerting.channels.base import DeliveryError
from vedette.addresses import is_public


async def refuse_private(request: httpx.Request) -> None:
    """`check_public` for the host of a request: an httpx request hook."""
    await check_public(request.url.host, request.url.port or 443)


async def check_public(host: str, port: int) -> None:
    """Raise a `DeliveryError` if `host` has an address that is not public.

    The name is resolved once more for the connection, so this guards against mistakes and simple abuse, not against a
    name server that changes its answer in between.
    """
    try:
        infos = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:  # UnicodeError: a label of the name is empty or too long
        raise DeliveryError(f"{host} cannot be resolved: {error}") from error
    for info in infos:
        address = ipaddress.ip_address(info[4][0])
        if not is_public(address):
            raise DeliveryError(
                f"{host} has the private address {address}; VEDETTE_ALLOW_PRIVATE=true allows such receivers",
            )
