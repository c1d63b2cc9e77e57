"""HTTP/2 servers on loopback that behave as told: scripts over a real connection of `h2`, or raw frames."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import DataReceived, RequestReceived, StreamEnded

Headers = list[tuple[str, str]]


class Asked:
    """One request on one connection, and the ways to answer it."""

    def __init__(self, writer: asyncio.StreamWriter, connection: H2Connection, headers: Headers, body: bytes) -> None:
        self.writer, self.connection, self.headers, self.body = writer, connection, headers, body

    def header(self, name: str) -> str | None:
        """The request's first header of that name."""
        return next((value for key, value in self.headers if key == name), None)

    def answer(self, status: str, *headers: tuple[str, str], body: bytes = b"", end: bool = True) -> None:
        """Queue an answer's head, and its body as far as the window allows."""
        self.connection.send_headers(1, [(":status", status), *headers], end_stream=end and not body)
        for at in range(0, len(body), 16_384):
            self.connection.send_data(1, body[at : at + 16_384], end_stream=end and at + 16_384 >= len(body))

    async def flush(self) -> None:
        """Send what is queued."""
        self.writer.write(self.connection.data_to_send())
        await self.writer.drain()

    async def raw(self, data: bytes) -> None:
        """Send these bytes as they are."""
        await self.flush()
        self.writer.write(data)
        await self.writer.drain()


Script = Callable[[Asked], Awaitable[None]]


def frame(kind: int, payload: bytes = b"", flags: int = 0, stream: int = 1) -> bytes:
    """A frame, right or wrong."""
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + stream.to_bytes(4, "big") + payload


def says2(status: str = "200", *headers: tuple[str, str], body: bytes = b"hello") -> Script:
    """A server with this answer."""

    async def script(asked: Asked) -> None:
        asked.answer(status, *headers, body=body)

    return script


def sends(*frames: bytes, head: bool = False, forever: bool = False) -> Script:
    """A server that sends raw frames instead of an answer, or behind its head."""

    async def script(asked: Asked) -> None:
        if head:
            asked.answer("200", end=False)
        await asked.raw(b"".join(frames))
        while forever:
            await asked.raw(b"".join(frames) * 50)
            await asyncio.sleep(0)

    return script


def second_tls(certificate: Path, *protocols: str) -> ssl.SSLContext:
    """The server's side of TLS, choosing among `protocols`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    context.set_alpn_protocols(list(protocols))
    return context


async def _read_request(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> Asked:
    connection = H2Connection(H2Configuration(client_side=False, header_encoding="utf-8"))
    connection.initiate_connection()
    writer.write(connection.data_to_send())
    headers: Headers = []
    body = b""
    while data := await reader.read(65_536):
        for event in connection.receive_data(data):
            if isinstance(event, RequestReceived):
                headers = [(str(name), str(value)) for name, value in event.headers or ()]
            elif isinstance(event, DataReceived):
                body += event.data or b""
                connection.acknowledge_received_data(event.flow_controlled_length or 0, 1)
            elif isinstance(event, StreamEnded):
                return Asked(writer, connection, headers, body)
        writer.write(connection.data_to_send())
    raise asyncio.IncompleteReadError(b"", 1)


@contextlib.asynccontextmanager
async def second_endpoint(script: Script, context: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """Serve `script` over HTTP/2 on a loopback port; the connection is closed when it ends."""
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        with contextlib.suppress(OSError, asyncio.IncompleteReadError, asyncio.CancelledError):
            asked = await _read_request(reader, writer)
            await script(asked)
            await asked.flush()
            await reader.read()  # the client closes first, as after any answer
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await server.wait_closed()
