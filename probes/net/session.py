"""Session: TLS over a connection that stands, without the buffers and timers that asyncio's own layer makes for each.

A check's session lives for one question. asyncio allocates 256 KiB for what it may bring and starts a timer for its
handshake; here the handshake, whose time the check bounds, and each record go straight through an engine's memory.
"""

from __future__ import annotations

import asyncio
from typing import Any, cast

from probes.net.engine import Engine, TlsError


class Session(asyncio.Protocol, asyncio.Transport):
    """Below it a transport whose protocol it is; above it a protocol whose transport it is."""

    def __init__(self, transport: asyncio.Transport, protocol: asyncio.Protocol, engine: Engine) -> None:
        super().__init__()
        self._transport, self._protocol = transport, protocol
        self._engine = engine
        self._stands: asyncio.Future[None] | None = asyncio.get_running_loop().create_future()
        self._error: Exception | None = None

    async def shake_hands(self) -> None:
        """Take the transport over and agree with the server; raises `TlsError`, or another `OSError` if it went."""
        stands = self._stands
        assert stands is not None, "hands are shaken once"
        self._transport.set_protocol(self)
        if self._transport.is_closing():
            raise ConnectionResetError
        self._flush()
        await stands

    # Below: what the connection brings.

    def data_received(self, data: bytes) -> None:
        """Some bytes of the handshake or of records."""
        stands = self._stands
        if stands is not None and stands.done():
            return  # cancelled: its check is over
        engine = self._engine
        said = engine.receive(data)
        if stands is not None and engine.stands:
            self._stands = None
            stands.set_result(None)
            # after whoever waits for this: the last word of the handshake goes together with what is said first
            asyncio.get_running_loop().call_soon(self._flush)
        else:
            self._flush()  # of a handshake that fails, the alert that tells the server why
        if said:  # in the handshake: what came behind the server's last word of it
            self._protocol.data_received(said)
        if (failure := engine.failure) is not None:
            self._broken(TlsError(failure))
        elif engine.ended:
            self._transport.abort()  # which tells the protocol

    def eof_received(self) -> None:
        """Nothing more will come. An end that TLS did not announce is told like any: who counts bytes will notice."""
        if self._stands is None:
            self._transport.abort()

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
        self._engine.send(data if isinstance(data, bytes) else bytes(data))
        self._flush()

    def set_protocol(self, protocol: asyncio.BaseProtocol) -> None:
        """Who is told from now on."""
        self._protocol = cast("asyncio.Protocol", protocol)

    def get_protocol(self) -> asyncio.BaseProtocol:
        """Who is told."""
        return self._protocol

    def get_extra_info(self, name: str, default: Any = None) -> Any:
        """`engine`, or what the connection knows."""
        return self._engine if name == "engine" else self._transport.get_extra_info(name, default)

    def is_closing(self) -> bool:
        """Whether the connection goes or has gone."""
        return self._transport.is_closing()

    def close(self) -> None:
        """Say goodbye, and close the connection when that is sent; nobody waits for an answer to it."""
        if not self._transport.is_closing():
            self._engine.close()
            self._flush()
        self._transport.close()

    def abort(self) -> None:
        """Drop the connection at once."""
        self._transport.abort()

    def _flush(self) -> None:
        if not self._transport.is_closing() and (data := self._engine.pending()):
            self._transport.write(data)

    def _broken(self, error: TlsError) -> None:
        if self._stands is None:
            self._error = error
            self._transport.abort()
        else:
            self._fail(error)

    def _fail(self, error: Exception) -> None:
        if self._stands is not None and not self._stands.done():
            self._stands.set_exception(error)
