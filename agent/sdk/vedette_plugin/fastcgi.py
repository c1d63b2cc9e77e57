"""FastCGI: one request to an application server, as a web server would make it (version 1 of the specification)."""

import struct

from vedette_plugin.connecting import connect
from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import BinaryIO

MOST = 1 << 20
"""Longest answer, in bytes."""
_BEGIN, _END, _PARAMS, _STDIN, _STDOUT = 1, 3, 4, 5, 6


def ask(address: str, parameters: "Mapping[str, str]", *, timeout_s: float) -> tuple[dict[str, str], bytes]:
    """The headers (their names in lower case) and the body of the answer; `PluginError` if there is none."""
    given = b"".join(_pair(key.encode(), value.encode()) for key, value in parameters.items())
    with connect(address, timeout_s=timeout_s) as connection:
        begin = _record(_BEGIN, struct.pack("!HB5x", 1, 0))
        connection.sendall(begin + _record(_PARAMS, given) + _record(_PARAMS, b"") + _record(_STDIN, b""))
        with connection.makefile("rb") as stream:
            answer = _answer(stream)
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = (line.partition(":") for line in head.decode("utf-8", "replace").splitlines())
    return {name.strip().lower(): value.strip() for name, _, value in lines}, body


def _pair(name: bytes, value: bytes) -> bytes:
    return b"".join(_length(len(part)) for part in (name, value)) + name + value


def _length(length: int) -> bytes:
    return bytes([length]) if length < 128 else struct.pack("!I", length | 1 << 31)


def _record(kind: int, content: bytes) -> bytes:
    return struct.pack("!BBHHBx", 1, kind, 1, len(content), 0) + content


def _answer(stream: "BinaryIO") -> bytes:
    found = b""
    while len(head := stream.read(8)) == 8:
        version, kind, _, length, padding = struct.unpack("!BBHHBx", head)
        content = stream.read(length)
        stream.read(padding)
        if version != 1 or len(found) > MOST:
            break
        if kind == _STDOUT:
            found += content
        elif kind == _END:
            return found
    raise PluginError("this is not FastCGI, or its answer has no end", f"it said {head!r}")
