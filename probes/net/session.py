"""Session: TLS over a connection that stands, without the buffers and timers that asyncio's own layer makes for each.

A check's session lives for one question. asyncio allocates 256 KiB for what it may bring and starts a timer for its
handshake; here the handshake, whose time the check bounds, and each record go straight through OpenSSL's memory.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from typing import Any, cast

_PIECE = 65_536


class Session(asyncio.Protocol, asyncio.Transport):
    """Below it a transport whose protocol it is; above it a protocol whose transport it is."""

    def __init__(
        self, transport: asyncio.Transport, protocol: asyncio.Protocol, context: ssl.SSLContext, server_name: str
    ) -> None:
        super().__init__()
        self._transport, self._protocol = transport, protocol
        self._incoming, self._outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self._tls = context.wrap_bio(self._incoming, self._outgoing, server_hostname=server_name)
        self._stands: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self._error: Exception | None = None

    async def shake_hands(self) -> None:
        """Take the transport over and agree with the server; raises `ssl.SSLError`, or `OSError` if the server went."""
        stands = self._stands
        assert stands is not None, "hands are shaken once"
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            raise ConnectionResetError
        self._shake()
        await stands

    # Below: what the connection brings.

    def data_received(self, data: bytes) -> None:
        """Some bytes of the handshake or of records."""
        self._incoming.write(data)
        if self._stands is None:
            self._read()
        else:
            self._shake()

    def eof_received(self) -> None:
        """Nothing more will come. An end that TLS did not announce is told like any: who counts bytes will notice."""
        self._incoming.write_eof()
        if self._stands is None:
            self._read()

    def connection_lost(self, exc: Exception | None) -> None:
        """The connection is gone; in the handshake, that is its end."""
        if self._stands is None:
            self._protocol.connection_lost(exc or self._error)
        else:
            self._fail(exc or ConnectionResetError())

    def pause_writing(self) -> None:
        """The other side reads too slowly."""
        self._protocol.pause_writing()

    def resume_writing(self) -> None:
        """It has caught up."""
        self._protocol.resume_writing()

    # Above: what the conversation does.

    def write(self, data: bytes | bytearray | memoryview[Any]) -> None:
        """Send, unless the connection is going already."""
        if self._transport.is_closing():
            return
        self._tls.write(data)
        self._flush()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who is told from now on."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who is told."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`ssl_object`, or what the connection knows."""
        return self._tls if name == "ssl_object" else self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether the connection goes or has gone."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Say goodbye, and close the connection when that is sent; nobody waits for an answer to it."""
        if not self._transport.is_closing():
            with contextlib.suppress(ssl.SSLError):  # the other side has not said goodbye yet
                self._tls.unwrap()
            self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _shake(self) -> None:
        stands = self._stands
        if stands is None or stands.done():
            return  # cancelled: its check is over
        try:
            self._tls.do_handshake()
        except ssl.SSLWantReadError:
            self._flush()
        except ssl.SSLError as error:
            self._flush()  # the alert that tells the server why
            self._fail(error)
        else:
            self._flush()
            self._stands = None
            stands.set_result(None)
            self._read()  # what came behind the server's last word of the handshake

    def _read(self) -> None:
        while not self._transport.is_closing():
            try:
                data = self._tls.read(_PIECE)
            except ssl.SSLWantReadError:
                break
            except (ssl.SSLZeroReturnError, ssl.SSLEOFError):
                data = b""
            except ssl.SSLError as error:
                self._error = error
                data = b""
            if not data:
                self._transport.abort()  # which tells the protocol
                break
            self._protocol.data_received(data)
        self._flush()

    def _flush(self) -> None:
        if self._outgoing.pending and not self._transport.is_closing():
            self._transport.write(self._outgoing.read())

    def _fail(self, error: Exception) -> None:
        if self._stands is not None and not self._stands.done():
            self._stands.set_exception(error)
