"""Serving: a very small HTTP server for scrapes: GET alone, short heads, nothing kept."""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import AsyncIterator, Mapping
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

from probes.check import Vantage
from probes.prometheus.exposition import CONTENT_TYPE
from probes.prometheus.modules import read_modules
from probes.prometheus.probing import Probing
from vedette.errors import ConfigurationError, InvalidInput, Overloaded
from vedette.telemetry import get_logger

LONGEST_HEAD = 16_384
IDLE_S = 120.0
"""How long a connection may be silent between two scrapes."""

_TIMEOUT_HEADER = "x-prometheus-scrape-timeout-seconds"


class Answer(NamedTuple):
    """An answer to be sent."""

    status: HTTPStatus
    body: str
    kind: str = "text/plain; charset=utf-8"


@contextlib.asynccontextmanager
async def serve(host: str, port: int, modules: Path | None, vantage: Vantage) -> AsyncIterator[int]:
    """Answer scrapes while the context lasts; the port. Raises `ConfigurationError` for a port or file that cannot be.

    Whoever reaches the port may have this probe look at whatever it may look at.
    """
    probing = Probing(await asyncio.to_thread(read_modules, modules), vantage)
    connections: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        connections.add(task)
        task.add_done_callback(connections.discard)
        try:
            with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError, TimeoutError):
                await _converse(reader, writer, probing)
        finally:
            writer.transport.abort()

    try:
        server = await asyncio.start_server(connected, host, port, limit=LONGEST_HEAD)
    except OSError as error:
        raise ConfigurationError("VEDETTE_EXPORTER_PORT", port, f"a free port of {host} ({error.strerror})") from error
    taken: int = server.sockets[0].getsockname()[1]
    get_logger("probe").info("exporter_started", host=host, port=taken)
    try:
        yield taken
    finally:
        server.close()
        for task in list(connections):
            task.cancel()
        await asyncio.gather(*connections, return_exceptions=True)


async def _converse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, probing: Probing) -> None:
    """Answer one request after the other, until the client has had enough or says what is no request."""
    goes_on = True
    while goes_on:
        try:
            async with asyncio.timeout(IDLE_S):
                head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.LimitOverrunError:
            answer, goes_on, bodiless = Answer(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "too long\n"), False, False
        else:
            line, *rest = head.decode("latin-1").split("\r\n")
            headers = {name.strip().lower(): value.strip() for name, _, value in (each.partition(":") for each in rest)}
            method, _, asked = line.partition(" ")
            url, _, version = asked.rpartition(" ")
            bodiless = method == "HEAD"
            unread = headers.get("content-length", "0") != "0" or "transfer-encoding" in headers
            goes_on = version == "HTTP/1.1" and headers.get("connection", "").lower() != "close" and not unread
            answer = await _answer(method, url, headers, probing)
        body = answer.body.encode()
        lines = [f"HTTP/1.1 {answer.status.value} {answer.status.phrase}", f"Content-Type: {answer.kind}"]
        lines += [f"Content-Length: {len(body)}", f"Connection: {'keep-alive' if goes_on else 'close'}"]
        writer.write("\r\n".join((*lines, "", "")).encode() + (b"" if bodiless else body))
        await writer.drain()
    if writer.can_write_eof():
        writer.write_eof()


async def _answer(method: str, url: str, headers: Mapping[str, str], probing: Probing) -> Answer:
    if method not in {"GET", "HEAD"}:
        return Answer(HTTPStatus.METHOD_NOT_ALLOWED, "GET\n")
    try:
        parts = urlsplit(url)
    except ValueError as error:
        return Answer(HTTPStatus.BAD_REQUEST, f"{url[:80]!r} is no path ({error})\n")
    if parts.path == "/-/healthy":
        return Answer(HTTPStatus.OK, "healthy\n")
    if parts.path != "/probe":
        return Answer(HTTPStatus.NOT_FOUND, "/probe?target=&module=\n")
    query = dict(reversed(parse_qsl(parts.query)))
    try:
        text = await probing.scrape(query.get("target", ""), query.get("module"), _seconds(headers))
    except InvalidInput as error:
        return Answer(HTTPStatus.BAD_REQUEST, f"{error}\n")
    except Overloaded as error:
        return Answer(HTTPStatus.SERVICE_UNAVAILABLE, f"{error}\n")
    return Answer(HTTPStatus.OK, text, CONTENT_TYPE)


def _seconds(headers: Mapping[str, str]) -> float | None:
    """The scrape's own time-out, as Prometheus tells it."""
    try:
        seconds = float(headers[_TIMEOUT_HEADER])
    except (KeyError, ValueError):
        return None
    return seconds if math.isfinite(seconds) and seconds > 0 else None
