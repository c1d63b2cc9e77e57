"""Letters: what the processes of a cluster tell each other beside their data, a line of JSON each."""

from __future__ import annotations

import socket
import time

import msgspec

_SEND_S = 5.0
_LONGEST = 1 << 20


class Hello(msgspec.Struct, tag=True, frozen=True):
    """Who comes. `settings` must be the same in all; `folder` is the recovery folder's identity, `parts` what it holds.

    `parts` gives for each recovery partition's number how many there are in all, as its file says.
    """

    process: int
    settings: dict[str, str]
    folder: str
    parts: dict[int, int]


class Make(msgspec.Struct, tag=True, frozen=True):
    """Make these of `count` recovery partitions in your folder."""

    count: int
    parts: list[int]


class Made(msgspec.Struct, tag=True, frozen=True):
    """They are made."""


class Go(msgspec.Struct, tag=True, frozen=True):
    """All are here: run."""


class Refused(msgspec.Struct, tag=True, frozen=True):
    """You cannot take part, and why."""

    reason: str


class Ping(msgspec.Struct, tag=True, frozen=True):
    """I am alive."""


class Ending(msgspec.Struct, tag=True, frozen=True):
    """Somebody was told to end: everybody drains."""


class Done(msgspec.Struct, tag=True, frozen=True):
    """My part of the dataflow has ended well; what comes after is no loss."""


Letter = Hello | Make | Made | Go | Refused | Ping | Ending | Done
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Letter)


class LostError(Exception):
    """The other side is gone, or speaks another language."""


class Wire:
    """A connection that carries letters. `heard` is when something last came (monotonic seconds)."""

    def __init__(self, connection: socket.socket) -> None:
        connection.settimeout(_SEND_S)
        self._socket = connection
        self._rest = b""
        self.heard = time.monotonic()

    def fileno(self) -> int:
        """For a selector."""
        return self._socket.fileno()

    def send(self, letter: Letter) -> None:
        """Send; `LostError` if nobody takes it within seconds."""
        try:
            self._socket.sendall(_encoder.encode(letter) + b"\n")
        except OSError as error:
            raise LostError(str(error)) from error

    def receive(self) -> list[Letter]:
        """What has come; call it when the connection is readable. `LostError` at its end."""
        try:
            data = self._socket.recv(1 << 16)
        except OSError as error:
            raise LostError(str(error)) from error
        if not data:
            raise LostError("the connection was closed")
        self.heard = time.monotonic()
        *lines, self._rest = (self._rest + data).split(b"\n")
        if len(self._rest) > _LONGEST:
            raise LostError("a line without end")
        try:
            return [_decoder.decode(line) for line in lines]
        except msgspec.MsgspecError as error:
            raise LostError(f"no letter of ours: {error}") from error

    def close(self) -> None:
        """Close it."""
        self._socket.close()
