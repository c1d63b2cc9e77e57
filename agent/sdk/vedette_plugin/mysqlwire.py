"""mysqlwire: as much of the protocol of MySQL and MariaDB as plugins need (protocol version 10, text results)."""

import contextlib
import hashlib

from vedette_plugin.connecting import connect, wrapped
from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 4 << 20
"""Longest answer to one query, in bytes."""
_PROTOCOL_41, _TLS, _SECURE, _PLUGIN_AUTH = 1 << 9, 1 << 11, 1 << 15, 1 << 19
_LONG_PASSWORD = 1
_UTF8MB4 = 45
_LARGEST = 1 << 24


class Client:
    """One session; to be used with `with`. Raises `PluginError` with the server's words where it refuses."""

    def __init__(
        self, address: str, user: str, password: str, *, timeout_s: float, tls: bool = False, verify: bool = True
    ) -> None:
        """`address` is host:port, or the path of the socket."""
        self._password = password.encode()
        self._number = 0
        self._private = tls or address.startswith("/")
        self._connection = connect(address, timeout_s=timeout_s)
        self._answers = self._connection.makefile("rb")
        try:
            self._log_in(address, user, tls, verify)
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._number = 0
            self._send(b"\x01")
        self._close()

    def _close(self) -> None:
        self._answers.close()
        self._connection.close()

    def _log_in(self, address: str, user: str, tls: bool, verify: bool) -> None:
        greeting = self._packet()
        if greeting[:1] == b"\xff":
            raise _refusal(greeting, with_state=False)
        if greeting[:1] != b"\x0a":
            raise PluginError("this is not MySQL or MariaDB", f"it said {greeting[:40]!r}")
        self.version, offers, salt, method = _greeted(greeting)
        wants = _LONG_PASSWORD | _PROTOCOL_41 | _SECURE | _PLUGIN_AUTH
        if tls:
            if not offers & _TLS:
                raise PluginError("the server offers no TLS")
            wants |= _TLS
        head = wants.to_bytes(4, "little") + _LARGEST.to_bytes(4, "little") + bytes([_UTF8MB4]) + bytes(23)
        if tls:
            self._send(head)
            self._secure(address, verify)
        proof = self._proof(method, salt)
        self._send(head + user.encode() + b"\0" + bytes([len(proof)]) + proof + method.encode() + b"\0")
        self._proved(salt)

    def _secure(self, address: str, verify: bool) -> None:
        self._answers.close()  # it holds nothing: the server waits for us
        self._connection = wrapped(self._connection, address, verify=verify)
        self._answers = self._connection.makefile("rb")

    def _proof(self, method: str, salt: bytes) -> bytes:
        """What shows that we know the password, in the way that the server wants."""
        if not self._password or method in {"unix_socket", "auth_socket"}:
            return b""
        if method == "mysql_native_password":
            once = hashlib.sha1(self._password, usedforsecurity=False).digest()
            twice = hashlib.sha1(once, usedforsecurity=False).digest()
            return _mixed(once, hashlib.sha1(salt + twice, usedforsecurity=False).digest())
        if method == "caching_sha2_password":
            once = hashlib.sha256(self._password).digest()
            return _mixed(once, hashlib.sha256(hashlib.sha256(once).digest() + salt).digest())
        if method == "mysql_clear_password" and self._private:
            return self._password + b"\0"
        raise PluginError(f"the server wants the password in the way {method!r}, which plugins do not know")

    def _proved(self, salt: bytes) -> None:
        while True:
            answer = self._packet()
            if answer[:1] == b"\x00":
                return
            if answer[:1] == b"\xff":
                raise _refusal(answer)
            if answer[:1] == b"\xfe":
                method, _, salt = answer[1:].partition(b"\0")
                self._send(self._proof(method.decode("ascii", "replace"), salt.rstrip(b"\0")))
            elif answer[:2] == b"\x01\x04":
                # The server does not remember this password's hash: it wants the password itself.
                if not self._private:
                    raise PluginError("the server wants the password itself: use its socket, or TLS")
                self._send(self._password + b"\0")
            elif answer[:2] != b"\x01\x03":
                raise PluginError("the server breaks off while it lets us in", f"it said {answer[:40]!r}")

    def query(self, text: str) -> list[dict[str, str | None]]:
        """The rows of a query, each by its columns' names, as texts; NULL is None."""
        self._number = 0
        self._send(b"\x03" + text.encode())
        head = self._packet()
        if head[:1] == b"\xff":
            raise _refusal(head)
        if head[:1] == b"\x00":
            return []
        count = _length(head, 0)[0]
        columns = [_column(self._packet()) for _ in range(count or 0)]
        self._packet()  # the columns' end
        return [dict(zip(columns, _texts(row), strict=True)) for row in self._rows()]

    def _rows(self) -> "Iterator[bytes]":
        size = 0
        while True:
            row = self._packet()
            size += len(row)
            if row[:1] == b"\xff":
                raise _refusal(row)
            if row[:1] == b"\xfe" and len(row) < 9:
                return
            if size > MOST:
                raise PluginError(f"the answer is longer than {MOST} bytes")
            yield row

    def _packet(self) -> bytes:
        head = self._answers.read(4)
        if len(head) < 4:
            raise PluginError("the server closed the connection")
        self._number = head[3] + 1
        length = int.from_bytes(head[:3], "little")
        if length > MOST:
            raise PluginError(f"this is not MySQL or MariaDB, or its answer is longer than {MOST} bytes")
        return self._answers.read(length)

    def _send(self, body: bytes) -> None:
        self._connection.sendall(len(body).to_bytes(3, "little") + bytes([self._number % 256]) + body)
        self._number += 1


def _greeted(greeting: bytes) -> tuple[str, int, bytes, str]:
    """Version, what is offered, salt, and the way that passwords are proved."""
    end = greeting.index(b"\0", 1)
    at = end + 5
    low, high = greeting[at + 9 : at + 11], greeting[at + 14 : at + 16]
    rest = greeting[at + 27 :]
    salt = greeting[at : at + 8] + rest[:12]
    method = rest[13:].partition(b"\0")[0].decode("ascii", "replace") or "mysql_native_password"
    return greeting[1:end].decode("utf-8", "replace"), int.from_bytes(low + high, "little"), salt, method


def _mixed(one: bytes, two: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, two, strict=True))


def _refusal(packet: bytes, *, with_state: bool = True) -> PluginError:
    code = int.from_bytes(packet[1:3], "little")
    said = packet[9:] if with_state and packet[3:4] == b"#" else packet[3:]
    return PluginError(f"the server refuses: {said.decode('utf-8', 'replace')} ({code})")


def _length(data: bytes, at: int) -> tuple[int | None, int]:
    """A length, and where what follows it begins; None stands for NULL."""
    first = data[at]
    if first < 0xFB:
        return first, at + 1
    if first == 0xFB:
        return None, at + 1
    wide = {0xFC: 2, 0xFD: 3, 0xFE: 8}[first]
    return int.from_bytes(data[at + 1 : at + 1 + wide], "little"), at + 1 + wide


def _texts(row: bytes) -> list[str | None]:
    at, found = 0, []
    while at < len(row):
        length, at = _length(row, at)
        found.append(None if length is None else row[at : at + length].decode("utf-8", "replace"))
        at += length or 0
    return found


def _column(packet: bytes) -> str:
    """The name as it was asked for: the fifth text of a column's description."""
    at = 0
    for _ in range(4):
        length, at = _length(packet, at)
        at += length or 0
    length, at = _length(packet, at)
    return packet[at : at + (length or 0)].decode("utf-8", "replace")
