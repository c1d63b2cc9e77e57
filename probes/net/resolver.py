"""Resolver: the addresses of a host name, and whether a failure is this machine's own."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

from probes.faults import Fault, Faulted, resolve_fault

RESOLV_CONF = Path("/etc/resolv.conf")


async def resolve(host: str, port: int) -> list[str]:
    """The addresses of `host` in the order the system prefers, each once.

    The look-up runs in the event loop's threads without any cache: its time is part of what is measured.
    Raises `Faulted` with `dns`. A cancelled look-up goes on in its thread until the resolver gives up.
    """
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        fault = resolve_fault(error, host)
        if isinstance(error, socket.gaierror) and error.errno == socket.EAI_AGAIN and not fault.own:
            own = await asyncio.to_thread(own_fault, RESOLV_CONF)
            fault = fault if own is None else Fault("dns", f"{host}: {own}", own=True)
        raise Faulted(fault) from error
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


def own_fault(resolv_conf: Path) -> str | None:
    """Why no name can be resolved from here, if that is so: no name server, or no route to any.

    "Try again" from the system's resolver may mean the name's servers or our own network. Connecting a
    datagram socket sends nothing, but fails where there is no route.
    """
    servers = nameservers(resolv_conf)
    if not servers:
        return f"{resolv_conf} names no name server"
    return None if any(_has_route(server) for server in servers) else "no route to a name server"


def nameservers(resolv_conf: Path) -> list[str]:
    """The name servers in a file of the form of `/etc/resolv.conf`; none if it cannot be read."""
    try:
        lines = resolv_conf.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    words = (line.split() for line in lines)
    return [word[1] for word in words if len(word) > 1 and word[0] == "nameserver"]


def _has_route(server: str) -> bool:
    family = socket.AF_INET6 if ":" in server else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((server.partition("%")[0], 53))
    except OSError:
        return False
    return True
