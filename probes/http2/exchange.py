"""SecondExchange: one request and its answer over HTTP/2, as an asyncio protocol around `h2`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.errors import ErrorCodes
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    InformationalResponseReceived,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
    WindowUpdated,
)
from h2.exceptions import ProtocolError
from h2.settings import SettingCodes, Settings

from probes.faults import Fault
from probes.http2.frames import Frames
from probes.net.trace import Trace

HeaderPair = tuple[bytes, bytes]

STRAY_LIMIT = 65_536
"""Most bytes that may come without being body (headers, settings, pings, padding) before we stop reading."""

FRAMES, BYTES_A_FRAME = 1000, 64
"""Most frames of an answer: so many, and one more for so many bytes of the body. Each costs `h2` some 50 microseconds,
so that a server that sends nothing but tiny ones could hold the whole probe."""

WINDOW = 1 << 20
"""How far a server may send ahead of us."""

STREAM = 1


class SecondExchange(asyncio.Protocol):
    """As `probes.http.exchange.Exchange`, for HTTP/2. `headers` begin with the pseudo-headers.

    The time to the first byte runs to the answer's headers: settings, which a server sends unasked, are no answer.
    `trailers` are what came behind the body.
    """

    version = "2"

    def __init__(
        self,
        headers: Sequence[HeaderPair],
        body: bytes | None,
        done: asyncio.Future[None],
        trace: Trace,
        now: Callable[[], float],
        *,
        body_limit: int,
        keeps_body: bool = False,
    ) -> None:
        self.done = done
        self.fault: Fault | None = None
        self.status: int | None = None
        self.body_bytes = 0
        self.connected_at = 0.0
        self.trailers: list[HeaderPair] = []
        self._request = headers
        self._head_only = (b":method", b"HEAD") in headers
        self._unsent = memoryview(body or b"")
        self._trace = trace
        self._now = now
        self._body_limit = body_limit
        self._pieces: list[bytes] | None = [] if keeps_body else None
        self._headers: list[HeaderPair] = []
        self._first = b""
        self._first_at = 0.0
        self._sent_at = 0.0
        self._stray = 0
        self._count = 0
        self._frames = Frames()
        self._connection: H2Connection | None = None
        self._transport: asyncio.WriteTransport | None = None

    # --- the connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection stands; `send` begins the conversation."""
        self.connected_at = self._now()
        self._transport = cast("asyncio.WriteTransport", transport)

    def send(self, transport: asyncio.WriteTransport) -> None:
        """Greet the server and send the request."""
        self._transport = transport
        connection = H2Connection(H2Configuration(client_side=True, header_encoding=None))
        connection.local_settings = Settings(
            client=True,
            initial_values={
                SettingCodes.ENABLE_PUSH: 0,
                SettingCodes.INITIAL_WINDOW_SIZE: WINDOW,
                SettingCodes.MAX_HEADER_LIST_SIZE: STRAY_LIMIT,
            },
        )
        self._connection = connection
        connection.initiate_connection()
        connection.increment_flow_control_window(WINDOW)
        connection.send_headers(STREAM, list(self._request), end_stream=not self._unsent)
        self._trace.phase = "ttfb"
        self._sent_at = self._now()
        self._send_body(connection)
        self._flush(connection)

    def data_received(self, data: bytes) -> None:
        """Some bytes from the server."""
        connection = self._connection
        if self.done.done() or connection is None:
            return
        if self.status is None and not self._first:
            self._first = data
        before = self.body_bytes
        try:
            for frame in self._frames.cut(data):
                self._count += 1
                for event in connection.receive_data(frame):
                    self._take(event, connection)
                if self._count > FRAMES + self.body_bytes // BYTES_A_FRAME:
                    self._end(Fault("protocol", f"{self._count} frames for {self.body_bytes} bytes of the body"))
                if self.done.done():
                    return
            self._send_body(connection)
        except ProtocolError as error:
            self._end(self._breach(error))
            return
        self._flush(connection)
        self._stray = self._stray + len(data) if self.body_bytes == before else 0
        if self._stray > STRAY_LIMIT:
            self._end(Fault("protocol", f"{self._stray} bytes over HTTP/2 without any of the body"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; over HTTP/2 no answer ends so."""
        seen = "before the answer" if self.status is None else f"after {self.body_bytes} bytes of the body"
        self._end(Fault("truncated", f"closed {seen}{f' ({exc})' if exc else ''}"))

    # --- what h2 tells ---

    def _take(self, event: Event, connection: H2Connection) -> None:
        if isinstance(event, InformationalResponseReceived):
            self._answered()
        elif isinstance(event, ResponseReceived):
            self._take_head([(bytes(name), bytes(value)) for name, value in event.headers or ()])
        elif isinstance(event, DataReceived):
            connection.acknowledge_received_data(event.flow_controlled_length or 0, STREAM)
            self._take_body(event.data or b"")
        elif isinstance(event, TrailersReceived):
            self.trailers = [(bytes(name), bytes(value)) for name, value in event.headers or ()]
        elif isinstance(event, StreamEnded):
            self._end(None)
        elif isinstance(event, StreamReset):
            self._end(Fault("truncated", f"the server reset the stream: {_code(event.error_code)}"))
        elif isinstance(event, ConnectionTerminated):
            said = (event.additional_data or b"")[:80].decode("utf-8", "replace")
            why = f"{_code(event.error_code)}{f' ({said})' if said else ''}"
            self._end(Fault("truncated", f"the server ended the connection: {why}"))
        elif isinstance(event, WindowUpdated):
            pass  # the body is sent on after every piece of news

    def _take_head(self, headers: list[HeaderPair]) -> None:
        self._answered()
        self._first = b""
        status = next((value for name, value in headers if name == b":status"), b"")
        if len(status) != 3 or not status.isdigit():
            self._end(Fault("protocol", f"an answer with the status {status[:20]!r}"))
            return
        self.status = int(status)
        self._headers = [pair for pair in headers if not pair[0].startswith(b":")]
        if self._head_only:
            self._end(None)

    def _take_body(self, data: bytes) -> None:
        if not self.body_bytes:
            self._first = data
        self.body_bytes += len(data)
        if self._pieces is not None:
            self._pieces.append(data)
        if self.body_bytes > self._body_limit:
            self._end(Fault("body_too_large", f"more than {self._body_limit} bytes"))

    def _answered(self) -> None:
        if self._trace.phase == "ttfb":
            self._first_at = self._now()
            self._trace.add("ttfb", self._first_at - self._sent_at)
            self._trace.phase = "transfer"

    def _send_body(self, connection: H2Connection) -> None:
        """Send as much of the request's body as the server lets us."""
        while self._unsent:
            most = min(connection.local_flow_control_window(STREAM), connection.max_outbound_frame_size)
            if most <= 0:
                return
            piece, self._unsent = self._unsent[:most], self._unsent[most:]
            connection.send_data(STREAM, bytes(piece), end_stream=not self._unsent)

    def _flush(self, connection: H2Connection) -> None:
        data = connection.data_to_send()
        if data and self._transport is not None:
            self._transport.write(data)

    def _breach(self, error: ProtocolError) -> Fault:
        if self._first.startswith(b"HTTP/1."):
            return Fault("protocol", "the server speaks HTTP/1, not HTTP/2")
        return Fault("protocol", f"HTTP/2: {error or type(error).__name__}")

    # --- the end ---

    def header(self, name: bytes) -> bytes | None:
        """The first header of that name (lower case)."""
        return next((value for key, value in self._headers if key == name), None)

    def head(self) -> list[tuple[str, str]]:
        """The headers, and trailers behind them; bytes outside ASCII as Latin-1."""
        pairs = [*self._headers, *self.trailers]
        return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in pairs]

    def body(self) -> bytes:
        """The body as far as it was kept, at most the limit."""
        return b"".join(self._pieces or ())[: self._body_limit]

    def first(self) -> bytes:
        """The body's first piece, or what came instead of an answer's head."""
        return self._first

    def close(self) -> None:
        """Drop the connection at once."""
        self._connection = None
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _end(self, fault: Fault | None) -> None:
        if self.done.done():
            return
        if fault is None:
            self._trace.add("transfer", self._now() - self._first_at)
        self.fault = fault
        self.done.set_result(None)


def _code(code: ErrorCodes | int | None) -> str:
    return code.name if isinstance(code, ErrorCodes) else f"code {code}"
