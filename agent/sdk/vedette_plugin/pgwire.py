"""pgwire: as much of PostgreSQL's protocol as plugins need (version 3.0, as its manual's chapter 55 has it)."""

import binascii
import contextlib
import hashlib
import hmac
import os
import socket
import struct

from vedette_plugin.connecting import connect, wrapped
from vedette_plugin.plugin import PluginError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

MOST = 4 << 20
"""Longest answer to one query, in bytes."""
_SSL_REQUEST = struct.pack("!II", 8, 80_877_103)
_ROUNDS_MOST = 1_000_000


class Client:
    """One session; to be used with `with`. Raises `PluginError` with the server's words where it refuses."""

    def __init__(
        self,
        address: str,
        user: str,
        password: str,
        database: str,
        *,
        timeout_s: float,
        tls: bool = False,
        verify: bool = True,
    ) -> None:
        """`address` is host:port, or the path of the socket itself, as /run/postgresql/.s.PGSQL.5432."""
        self._user, self._password = user, password
        self.parameters: dict[str, str] = {}
        connection = connect(address, timeout_s=timeout_s)
        self._connection = self._secured(connection, address, verify) if tls else connection
        self._answers = self._connection.makefile("rb")
        try:
            words = {"user": user, "database": database or user, "application_name": "vedette"}
            body = b"".join(f"{key}\0{value}\0".encode() for key, value in words.items())
            self._send(b"", struct.pack("!I", 3 << 16) + body + b"\0")
            self._log_in()
        except BaseException:
            self._close()
            raise

    def __enter__(self) -> "Client":
        return self

    def __exit__(self, *error: object) -> None:
        with contextlib.suppress(OSError):
            self._send(b"X", b"")
        self._close()

    def _close(self) -> None:
        self._answers.close()
        self._connection.close()

    @staticmethod
    def _secured(connection: socket.socket, address: str, verify: bool) -> socket.socket:
        connection.sendall(_SSL_REQUEST)
        if connection.recv(1) != b"S":
            connection.close()
            raise PluginError("PostgreSQL offers no TLS here")
        return wrapped(connection, address, verify=verify)

    def _log_in(self) -> None:
        for kind, body in self._messages():
            if kind == b"R":
                self._prove(body)
            elif kind == b"S":
                name, value = body.split(b"\0")[:2]
                self.parameters[name.decode()] = value.decode("utf-8", "replace")
            elif kind == b"Z":
                return

    def _prove(self, body: bytes) -> None:
        asked = int.from_bytes(body[:4], "big")
        if asked == 0:
            return
        if asked == 3:
            self._send(b"p", self._password.encode() + b"\0")
        elif asked == 5:
            inner = hashlib.md5(self._password.encode() + self._user.encode(), usedforsecurity=False).hexdigest()
            outer = hashlib.md5(inner.encode() + body[4:8], usedforsecurity=False).hexdigest()
            self._send(b"p", b"md5" + outer.encode() + b"\0")
        elif asked == 10 and b"SCRAM-SHA-256\0" in body[4:]:
            self._scram()
        else:
            raise PluginError(f"PostgreSQL asks for a proof of kind {asked}, which plugins cannot give")

    def _scram(self) -> None:
        proof = Scram(self._password)
        first = proof.first()
        self._send(b"p", b"SCRAM-SHA-256\0" + struct.pack("!I", len(first)) + first)
        self._send(b"p", proof.second(self._continued(11)))
        proof.check(self._continued(12))

    def _continued(self, wanted: int) -> bytes:
        for kind, body in self._messages():
            if kind == b"R" and int.from_bytes(body[:4], "big") == wanted:
                return body[4:]
            break
        raise PluginError("PostgreSQL breaks off while it lets us in")

    def query(self, text: str) -> list[dict[str, str | None]]:
        """The rows of a query, each by its columns' names, as texts; NULL is None."""
        self._send(b"Q", text.encode() + b"\0")
        columns: list[str] = []
        rows: list[dict[str, str | None]] = []
        refused: PluginError | None = None
        size = 0
        for kind, body in self._messages(errors=False):
            size += len(body)
            if size > MOST:
                raise PluginError(f"the answer of PostgreSQL is longer than {MOST} bytes")
            if kind == b"T":
                columns = _columns(body)
            elif kind == b"D":
                rows.append(dict(zip(columns, _fields(body), strict=True)))
            elif kind == b"E":
                refused = _refusal(body)
            elif kind == b"Z":
                if refused is not None:
                    raise refused
                return rows
        raise PluginError("PostgreSQL closed the connection")

    def value(self, text: str) -> str | None:
        """The first column of the first row; None if there is none."""
        rows = self.query(text)
        return next(iter(rows[0].values())) if rows else None

    def _messages(self, *, errors: bool = True) -> "Iterator[tuple[bytes, bytes]]":
        while len(head := self._answers.read(5)) == 5:
            length = int.from_bytes(head[1:], "big") - 4
            if not 0 <= length <= MOST:
                break
            body = self._answers.read(length)
            if errors and head[:1] == b"E":
                raise _refusal(body)
            yield head[:1], body
        raise PluginError("this is not PostgreSQL, or it closed the connection", f"it said {head!r}")

    def _send(self, kind: bytes, body: bytes) -> None:
        self._connection.sendall(kind + struct.pack("!I", len(body) + 4) + body)


class Scram:
    """A client's side of SCRAM-SHA-256 (RFC 5802 and 7677), without channel binding."""

    def __init__(self, password: str, user: str = "") -> None:
        self._password = password
        self._bare = f"n={user.replace('=', '=3D').replace(',', '=2C')},r=" + binascii.hexlify(os.urandom(18)).decode()
        self._signature = b""

    def first(self) -> bytes:
        """What begins it."""
        return b"n,," + self._bare.encode()

    def second(self, challenge: bytes) -> bytes:
        """The proof that answers the server's challenge."""
        parts = _parts(challenge)
        nonce, rounds = parts.get("r", ""), parts.get("i", "")
        if not nonce.startswith(self._bare.partition("r=")[2]) or not rounds.isdigit() or int(rounds) > _ROUNDS_MOST:
            raise PluginError("the server's challenge is not what it should be (SCRAM)")
        salt = binascii.a2b_base64(parts.get("s", ""))
        salted = hashlib.pbkdf2_hmac("sha256", self._password.encode(), salt, int(rounds))
        key = _keyed(salted, b"Client Key")
        bare = f"c=biws,r={nonce}".encode()
        whole = self._bare.encode() + b"," + challenge + b"," + bare
        signature = _keyed(hashlib.sha256(key).digest(), whole)
        proof = bytes(a ^ b for a, b in zip(key, signature, strict=True))
        self._signature = _keyed(_keyed(salted, b"Server Key"), whole)
        return bare + b",p=" + binascii.b2a_base64(proof, newline=False)

    def check(self, final: bytes) -> None:
        """Raises `PluginError` unless the server too has shown that it knows the password."""
        given = binascii.a2b_base64(_parts(final).get("v", ""))
        if not hmac.compare_digest(given, self._signature):
            raise PluginError("the server does not know the password itself (SCRAM): it may be a false one")


def _parts(text: bytes) -> dict[str, str]:
    return dict(part.split("=", 1) for part in text.decode("utf-8", "replace").split(",") if "=" in part)


def _keyed(key: bytes, data: bytes) -> bytes:
    return hmac.digest(key, data, "sha256")


def _refusal(body: bytes) -> PluginError:
    fields = {part[:1]: part[1:].decode("utf-8", "replace") for part in body.split(b"\0") if part}
    return PluginError(f"PostgreSQL refuses: {fields.get(b'M', 'without a reason')}", fields.get(b"C", ""))


def _columns(body: bytes) -> list[str]:
    count, at, names = int.from_bytes(body[:2], "big"), 2, []
    for _ in range(count):
        end = body.index(b"\0", at)
        names.append(body[at:end].decode("utf-8", "replace"))
        at = end + 19
    return names


def _fields(body: bytes) -> list[str | None]:
    count, at = int.from_bytes(body[:2], "big"), 2
    found: list[str | None] = []
    for _ in range(count):
        length = int.from_bytes(body[at : at + 4], "big", signed=True)
        at += 4
        found.append(None if length < 0 else body[at : at + length].decode("utf-8", "replace"))
        at += max(0, length)
    return found
