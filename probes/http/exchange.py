"""Exchange: one request and its answer on one connection, as an asyncio protocol around httptools."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

from probes.faults import Fault
from probes.net.trace import Trace

STRAY_LIMIT = 65_536
"""Most bytes that may come without being body (head, interim answers, trailers) before we stop reading."""

PIECES, BYTES_A_PIECE = 10_000, 16
"""Most pieces of a body: so many, and one more for so many bytes. A server that sends nothing but chunks of a byte
could otherwise keep the whole probe busy."""

# What browsers and Go's client accept too; an endpoint that works for its users is not down.
_LENIENT = {
    "lenient_headers": True,
    "lenient_optional_lf_after_cr": True,
    "lenient_optional_cr_before_lf": True,
    "lenient_spaces_after_chunk_size": True,
}


class Exchange(asyncio.Protocol):
    """Sends `request` and reads the answer; `done` is resolved when it has ended, well or with a `fault`.

    With `at_once` the request goes out as soon as the connection stands (plain HTTP); otherwise `send` is
    called when the connection is ready (after TLS). The body is counted, and kept only with `keeps_body`; of
    headers with one name the first is kept, with `keeps_headers` all. Everything happens in callbacks, with the
    time taken there: a busy event loop shifts the task that waits, not the timings.
    """

    __slots__ = (
        "_at_once",
        "_body_limit",
        "_complete_head",
        "_count",
        "_first",
        "_first_at",
        "_head_only",
        "_headers",
        "_now",
        "_pairs",
        "_parser",
        "_pieces",
        "_request",
        "_sent_at",
        "_stray",
        "_trace",
        "_transport",
        "body_bytes",
        "connected_at",
        "done",
        "fault",
        "on_header",
        "status",
        "version",
    )

    def __init__(
        self,
        request: bytes,
        done: asyncio.Future[None],
        trace: Trace,
        now: Callable[[], float],
        *,
        at_once: bool,
        head_only: bool,
        body_limit: int,
        keeps_body: bool = False,
        keeps_headers: bool = False,
    ) -> None:
        self.done = done
        self.fault: Fault | None = None
        self.status: int | None = None
        self.version: str | None = None
        self.body_bytes = 0
        self.connected_at = 0.0
        self._request = request
        self._trace = trace
        self._now = now
        self._at_once = at_once
        self._head_only = head_only
        self._body_limit = body_limit
        self._headers: dict[bytes, bytes] = {}
        # the parser calls this per header; a method of the dict itself costs no Python frame
        self.on_header: Callable[[bytes, bytes], object] = self._headers.setdefault
        self._pairs: list[tuple[bytes, bytes]] | None = None
        if keeps_headers:
            self._pairs = []
            self.on_header = self._on_header
        self._pieces: list[bytes] | None = [] if keeps_body else None
        self._first = b""
        self._parser: HttpResponseParser | None = None
        self._transport: asyncio.WriteTransport | None = None
        self._sent_at: float | None = None
        self._first_at = 0.0
        self._complete_head = False
        self._stray = 0
        self._count = 0

    # --- the connection ---

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The TCP connection stands."""
        self.connected_at = self._now()
        # a cast and no isinstance: uvloop's transports only look like asyncio's
        self._transport = cast("asyncio.WriteTransport", transport)
        if self._at_once:
            self.send(self._transport)

    def send(self, transport: asyncio.WriteTransport) -> None:
        """Send the request through `transport`, on which the answer is expected."""
        self._transport = transport
        self._parser = HttpResponseParser(self)
        self._parser.set_dangerous_leniencies(**_LENIENT)
        self._trace.phase = "ttfb"
        self._sent_at = self._now()
        transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Some bytes of the answer."""
        if self.done.done():
            return
        if self._sent_at is None or self._parser is None:
            self._end(Fault("tls", "the server spoke before the handshake"))
            return
        if self._trace.phase == "ttfb":
            self._first_at = self._now()
            self._trace.add("ttfb", self._first_at - self._sent_at)
            self._trace.phase = "transfer"
            self._first = data
        before = self.body_bytes
        try:
            self._parser.feed_data(data)
        except HttpParserUpgrade:  # 101: the head was the answer
            pass
        except HttpParserError as error:
            self._end(Fault("protocol", str(error) or "not an HTTP answer"))
        self._stray = self._stray + len(data) if self.body_bytes == before else 0
        if self._stray > STRAY_LIMIT:
            self._end(Fault("protocol", f"{self._stray} bytes of headers without an end"))

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; for an answer without a length that is its regular end."""
        if self.done.done():
            return
        if self._sent_at is None:
            self._end(Fault("tls", "the server closed the connection before the handshake"))
            return
        if exc is None and self._complete_head and self._until_close():
            self._end(None)
            return
        seen = "before the answer" if self.status is None else f"after {self.body_bytes} bytes of the body"
        self._end(Fault("truncated", f"closed {seen}{f' ({exc})' if exc else ''}"))

    # --- the parser's callbacks ---

    def on_headers_complete(self) -> None:
        """The head of an answer, perhaps an interim one (1xx)."""
        assert self._parser is not None
        status = self._parser.get_status_code()
        if status < 200 and status != 101:
            return
        self.status, self.version = status, self._parser.get_http_version()
        self._complete_head = True
        if self._head_only or status == 101:
            self._end(None)

    def on_body(self, body: bytes) -> None:
        """A piece of the body, without its framing."""
        if not self.body_bytes:
            self._first = body
        self.body_bytes += len(body)
        self._count += 1
        if self._count > PIECES + self.body_bytes // BYTES_A_PIECE:
            self._end(Fault("protocol", f"{self.body_bytes} bytes in {self._count} pieces: too many tiny chunks"))
            raise HttpParserError("too many tiny chunks")
        if self._pieces is not None:
            self._pieces.append(body)
        if self.body_bytes > self._body_limit:
            self._end(Fault("body_too_large", f"more than {self._body_limit} bytes"))

    def on_message_complete(self) -> None:
        """The end of an answer; after an interim one the real one follows."""
        if self._complete_head:
            self._end(None)
        else:
            self._headers.clear()
            if self._pairs is not None:
                self._pairs.clear()

    def _on_header(self, name: bytes, value: bytes) -> None:
        assert self._pairs is not None
        self._headers.setdefault(name, value)
        self._pairs.append((name, value))

    # --- the end ---

    def header(self, name: bytes) -> bytes | None:
        """The first header of that name (lower case)."""
        return next((value for key, value in self._headers.items() if key.lower() == name), None)

    def head(self) -> list[tuple[str, str]]:
        """The headers, names in lower case; bytes outside ASCII as Latin-1."""
        pairs = self._headers.items() if self._pairs is None else self._pairs
        return [(name.decode("latin-1").lower(), value.decode("latin-1")) for name, value in pairs]

    def body(self) -> bytes:
        """The body as far as it was kept, at most the limit."""
        return b"".join(self._pieces or ())[: self._body_limit]

    def first(self) -> bytes:
        """The body's first piece, or what came instead of an answer's head."""
        return b"" if self._complete_head and not self.body_bytes else self._first

    def close(self) -> None:
        """Drop the connection at once, and what would hold this object in a cycle."""
        self._parser = None
        self.on_header = self._headers.setdefault
        if self._transport is not None:
            self._transport.abort()
            self._transport = None

    def _until_close(self) -> bool:
        coding = self.header(b"transfer-encoding")
        return self.header(b"content-length") is None and (coding is None or b"chunked" not in coding.lower())

    def _end(self, fault: Fault | None) -> None:
        if self.done.done():
            return
        if fault is None:
            self._trace.add("transfer", self._now() - self._first_at)
        self.fault = fault
        self.done.set_result(None)
