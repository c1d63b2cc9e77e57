"""BSON and one command over MongoDB's wire protocol (OP_MSG), as much of it as plugins need."""

import binascii
import struct

from vedette_plugin.connecting import connect
from vedette_plugin.pgwire import Scram
from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

MOST = 16 << 20
"""Longest answer, in bytes."""
_OP_MSG = 2013
_DEEPEST = 100
_FIXED = {0x01: ("<d", 8), 0x08: ("<?", 1), 0x09: ("<q", 8), 0x10: ("<i", 4), 0x11: ("<Q", 8), 0x12: ("<q", 8)}


class Client:
    """One session; to be used with `with`. Raises `PluginError` with the server's words where it refuses."""

    def __init__(self, address: str, *, timeout_s: float, tls: bool = False, verify: bool = True) -> None:
        self._connection = connect(address, timeout_s=timeout_s, tls=tls, verify=verify)
        self._answers = self._connection.makefile("rb")
        self._number = 0

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        self._answers.close()
        self._connection.close()

    def log_in(self, user: str, password: str, database: str = "admin") -> None:
        """SCRAM-SHA-256 against `database`."""
        proof = Scram(password, user)
        begun = self.ask({"saslStart": 1, "mechanism": "SCRAM-SHA-256", "payload": proof.first()}, database)
        number, second = begun.get("conversationId"), proof.second(begun.get("payload", b""))
        after = self.ask({"saslContinue": 1, "conversationId": number, "payload": second}, database)
        proof.check(after.get("payload", b""))
        while not after.get("done"):
            after = self.ask({"saslContinue": 1, "conversationId": number, "payload": b""}, database)

    def ask(self, command: "dict[str, Any]", database: str = "admin") -> "dict[str, Any]":
        """The answer to a command, whose name is its first key."""
        self._number += 1
        body = b"\0\0\0\0\0" + encode({**command, "$db": database})
        self._connection.sendall(struct.pack("<iiii", len(body) + 16, self._number, 0, _OP_MSG) + body)
        head = self._answers.read(16)
        if len(head) < 16:
            raise PluginError("the server closed the connection")
        length, _, _, kind = struct.unpack("<iiii", head)
        if kind != _OP_MSG or not 21 <= length <= MOST:
            raise PluginError("this is not MongoDB", f"it said {head!r}")
        answer = decode(self._answers.read(length - 16)[5:])
        if not answer.get("ok"):
            raise PluginError(f"MongoDB refuses {next(iter(command))}: {answer.get('errmsg', 'without a reason')}")
        return answer


def encode(document: "dict[str, Any]") -> bytes:
    """A document of texts, bytes, numbers and booleans, and of documents of those."""
    body = b"".join(_element(key.encode() + b"\0", value) for key, value in document.items())
    return struct.pack("<i", len(body) + 5) + body + b"\0"


def _element(name: bytes, value: "Any") -> bytes:
    if isinstance(value, bool):
        return b"\x08" + name + bytes([value])
    if isinstance(value, int):
        return b"\x10" + name + struct.pack("<i", value)
    if isinstance(value, float):
        return b"\x01" + name + struct.pack("<d", value)
    if isinstance(value, bytes):
        return b"\x05" + name + struct.pack("<iB", len(value), 0) + value
    if isinstance(value, dict):
        return b"\x03" + name + encode(value)
    text = str(value).encode() + b"\0"
    return b"\x02" + name + struct.pack("<i", len(text)) + text


def decode(data: bytes) -> "dict[str, Any]":
    """A document; lists come as documents whose keys are numbers. `PluginError` if it is none."""
    try:
        return _document(data, 0, _DEEPEST)[0]
    except (IndexError, ValueError, struct.error) as error:
        raise PluginError("the answer is no BSON", str(error)) from error


def _document(data: bytes, at: int, depth: int) -> "tuple[dict[str, Any], int]":
    if depth == 0:
        raise ValueError("too deep")
    end = at + struct.unpack_from("<i", data, at)[0]
    at += 4
    found: dict[str, Any] = {}
    while data[at]:
        kind, stop = data[at], data.index(b"\0", at + 1)
        name = data[at + 1 : stop].decode("utf-8", "replace")
        found[name], at = _value(data, stop + 1, kind, depth)
    return found, end


def _value(data: bytes, at: int, kind: int, depth: int) -> "tuple[Any, int]":
    if kind in _FIXED:
        form, width = _FIXED[kind]
        return struct.unpack_from(form, data, at)[0], at + width
    if kind in {0x03, 0x04}:
        return _document(data, at, depth - 1)
    if kind in {0x02, 0x0D, 0x0E}:
        length = struct.unpack_from("<i", data, at)[0]
        return data[at + 4 : at + 3 + length].decode("utf-8", "replace"), at + 4 + length
    if kind == 0x05:
        length = struct.unpack_from("<i", data, at)[0]
        return data[at + 5 : at + 5 + length], at + 5 + length
    if kind == 0x07:
        return binascii.hexlify(data[at : at + 12]).decode(), at + 12
    if kind in {0x06, 0x0A, 0x7F, 0xFF}:
        return None, at
    if kind == 0x13:
        return None, at + 16
    if kind == 0x0B:
        stop = data.index(b"\0", data.index(b"\0", at) + 1)
        return None, stop + 1
    raise ValueError(f"type {kind:#x}")
