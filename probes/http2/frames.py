"""Frames: an HTTP/2 connection's bytes cut into frames (RFC 9113, 4.1), without those that say a polite goodbye."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from h2.exceptions import FrameTooLargeError

HEAD = 9
LARGEST = 16_384
"""The longest payload that may be sent to us: we ask for no more."""

_GOAWAY, _NO_ERROR = 7, 0
_GOODBYE = struct.Struct("!II")


class Frames:
    """Cuts whole frames.

    A server may say that it will take no further requests (GOAWAY without an error) before it answers ours; `h2`
    would take the rest for a breach of the protocol, so that such a frame does not reach it.
    """

    def __init__(self) -> None:
        self._rest = b""

    def cut(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now; raises h2's `ProtocolError` for one that is too long, unread."""
        data = self._rest + data
        at = 0
        while len(data) - at >= HEAD:
            size = int.from_bytes(data[at : at + 3], "big")
            end = at + HEAD + size
            if size > LARGEST:
                raise FrameTooLargeError(f"a frame of {size} bytes, more than {LARGEST}")
            if end > len(data):
                break
            if not _is_polite_goodbye(data[at:end]):
                yield data[at:end]
            at = end
        self._rest = data[at:]


def _is_polite_goodbye(frame: bytes) -> bool:
    """Whether it is a GOAWAY that leaves our only request, the first stream, alone."""
    if frame[3] != _GOAWAY or len(frame) < HEAD + _GOODBYE.size or any(frame[5:HEAD]):
        return False
    last, code = _GOODBYE.unpack_from(frame, HEAD)
    return bool(code == _NO_ERROR and last & 0x7FFF_FFFF >= 1)
