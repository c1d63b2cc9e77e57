"""Monitors that remember which TLS engine spoke for them, and servers that change from one connection to the next."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

from probes.acquaintance import Acquaintance, Known
from probes.check import Vantage
from probes.kinds import build_check
from probes.monitors import Monitor
from probes.net.engine import Engine
from probes.tls import Protocols, Where
from tests.integration.probes.authority import Authority
from tests.integration.probes.test_tls import TrustingThis
from vedette.clock import SystemClock
from vedette.events.checks import CheckResult

OPENSSL, RUSTLS = "openssl", "rustls"


class Watched(TrustingThis):
    """Contexts that trust one authority, and remember which engine spoke."""

    def __init__(self, authority: Path, *, quick: bool = True) -> None:
        super().__init__(authority, quick=quick)
        self.spoke: list[str] = []

    def engine(self, name: str, verify: bool, protocols: Protocols, *, quick: bool) -> tuple[Engine, bool]:
        made, is_quick = super().engine(name, verify, protocols, quick=quick)
        self.spoke.append(RUSTLS if is_quick else OPENSSL)
        return made, is_quick


class Knowing(Watched):
    """Knows every server already."""

    def acquaintance(self, where: Where, name: str, verify: bool, protocols: Protocols) -> Acquaintance:
        found = super().acquaintance(where, name, verify, protocols)
        found.known = Known.TRIED
        return found


Looking = Callable[..., Awaitable[CheckResult]]


def looking(trust: Watched, port: int, path: str = "/", **fields: Any) -> Looking:
    """One monitor, checked anew at each call."""
    fields = {"timeout_s": 5.0, "url": f"https://127.0.0.1:{port}{path}"} | fields
    check = build_check(Monitor(id=1, name="m", **fields), Vantage("here", SystemClock(), trust))

    async def look(attempt: int = 1) -> CheckResult:
        return await check.run(1_700_000_000_000, attempt)

    return look


@contextlib.asynccontextmanager
async def changing(contexts: list[ssl.SSLContext | None]) -> AsyncIterator[tuple[int, list[int]]]:
    """A server whose n-th connection has the n-th context, and the last one ever after; None hangs. Its port, and
    how many connections it had."""
    had = [0]
    stop: list[asyncio.Task[None]] = []

    async def accept() -> None:
        loop = asyncio.get_running_loop()
        while True:
            plain, _ = await loop.sock_accept(listening)
            context = contexts[min(had[0], len(contexts) - 1)]
            had[0] += 1
            if context is None:
                kept.append(plain)
                continue
            stop.append(asyncio.create_task(answer(plain, context)))

    async def answer(plain: socket.socket, context: ssl.SSLContext) -> None:
        loop = asyncio.get_running_loop()
        protocol = asyncio.StreamReaderProtocol(reader := asyncio.StreamReader())
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            transport, _ = await loop.connect_accepted_socket(lambda: protocol, plain, ssl=context)
            await reader.readuntil(b"\r\n\r\n")
            transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")  # type: ignore[attr-defined]
            transport.close()

    kept: list[socket.socket] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.setblocking(False)
        stop.append(asyncio.create_task(accept()))
        try:
            yield listening.getsockname()[1], had
        finally:
            for task in stop:
                task.cancel()
            await asyncio.gather(*stop, return_exceptions=True)
            for plain in kept:
                plain.close()


def old(authority: Authority) -> ssl.SSLContext:
    """A server that OpenSSL still speaks to, and rustls does not: TLS 1.2 with a cipher in CBC mode."""
    context = authority.server()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("ECDHE-ECDSA-AES256-SHA384")
    return context


def refusing(authority: Authority) -> ssl.SSLContext:
    """A server that wants a certificate of the client, and breaks off without one."""
    context = authority.server()
    context.verify_mode = ssl.CERT_REQUIRED
    context.maximum_version = ssl.TLSVersion.TLSv1_2  # in 1.3 the client hears of it when hands are shaken
    return context
