"""Knocking: a first short visit to the brokers, which tells wrong settings from brokers that are away.

kafka-python tries again for ever, or says no more than "unable to bootstrap", whatever is wrong. So each start asks a
broker itself, in Kafka's own frames (kafka.apache.org/protocol: ApiVersions, SaslHandshake, SaslAuthenticate).
"""

from __future__ import annotations

import socket
import ssl
import struct
from typing import Any

from kafka.net.sasl import get_sasl_mechanism

from vedette.errors import ConfigurationError, LogUnavailable

_PATIENCE_S = 4.0
_VERSIONS, _HANDSHAKE, _AUTHENTICATE = (18, 0), (17, 1), (36, 0)
_UNSUPPORTED_MECHANISM, _ILLEGAL_STATE = 33, 34
_LARGEST = 1 << 20
_SECURITY, _SASL = "VEDETTE_KAFKA_SECURITY", "VEDETTE_KAFKA_SASL"


def knock(options: dict[str, Any]) -> None:
    """Return if one of the brokers lets us in, or none tells clearly what is wrong with the settings.

    Raises `ConfigurationError` for settings that a broker refuses, naming the variable and never the password, and
    `LogUnavailable`, with each broker's reason, if none can be reached. Takes at most some seconds for each.
    """
    away = []
    for address in options["bootstrap_servers"]:
        try:
            _Visit(address, options).call()
        except _Away as error:
            away.append(f"{address}: {error}")
        else:
            return
    reasons = "; ".join(away)
    raise LogUnavailable(f"Kafka does not answer; {reasons}. Is it there (VEDETTE_LOG_URL), and is the way to it open?")


class _Away(Exception):
    """This broker cannot be reached now."""


class _Closed(Exception):
    """The other side has ended the connection, or does not speak Kafka."""


class _Visit:
    """One connection to one broker."""

    def __init__(self, address: str, options: dict[str, Any]) -> None:
        self._address, self._options = address, options
        self._host, _, port = address.rpartition(":")
        self._host = self._host.removeprefix("[").removesuffix("]")
        self._port = int(port)
        security = options["security_protocol"].lower()
        self._security, self._tls, self._sasl = security, security.endswith("ssl"), security.startswith("sasl")

    def call(self) -> None:
        """Go through the door as a client does."""
        context = tls_context(self._options) if self._tls else None
        try:
            with self._connect(context) as line:
                _ask(line, _VERSIONS)
                self._introduce(line)
        except _Closed as error:
            self._find_out(error)

    def _connect(self, context: ssl.SSLContext | None) -> socket.socket:
        try:
            line = socket.create_connection((self._host, self._port), _PATIENCE_S)
        except socket.gaierror as error:
            raise _Away("no such host name is known") from error
        except OSError as error:
            raise _Away(error.strerror or "no answer in time") from error
        if context is None:
            return line
        try:
            return context.wrap_socket(line, server_hostname=self._host)
        except ssl.SSLCertVerificationError as error:
            line.close()
            given = self._options["ssl_cafile"] or "<not set>"
            allowed = f"the authority that signed the certificate of {self._address} ({error.verify_message})"
            raise ConfigurationError("VEDETTE_KAFKA_CA_FILE", given, allowed) from error
        except OSError as error:
            line.close()
            raise _Closed(str(error)) from error

    def _introduce(self, line: socket.socket) -> None:
        """What SASL says: whether it is wanted, with which mechanisms, and whether we are let in."""
        mechanism = self._options["sasl_mechanism"] if self._sasl else "PLAIN"
        answer = _ask(line, _HANDSHAKE, _text(mechanism))
        (code,) = struct.unpack_from(">h", answer)
        wanted = code != _ILLEGAL_STATE
        if wanted != self._sasl:
            self._refuse("a user and a password" if wanted else "no user and no password", sasl=wanted)
        if not wanted:
            return
        if code == _UNSUPPORTED_MECHANISM:
            allowed = f"a mechanism that {self._address} has: {', '.join(_strings(answer, 2))}"
            raise ConfigurationError(_SASL, mechanism, allowed)
        client = get_sasl_mechanism(mechanism)(**self._options)
        try:
            while not client.is_done():
                token = client.auth_bytes()
                answer = _ask(line, _AUTHENTICATE, struct.pack(">i", len(token)) + token)
                (code, length) = struct.unpack_from(">hh", answer)
                if code:
                    raise self._stranger(answer[4 : 4 + max(0, length)].decode(errors="replace"))
                client.receive(answer[8 + max(0, length) :])
        except (_Closed, ValueError, struct.error) as error:
            raise self._stranger("it ended the connection") from error

    def _stranger(self, said: str) -> ConfigurationError:
        user, mechanism = self._options["sasl_plain_username"], self._options["sasl_mechanism"]
        allowed = f"a user whom {self._address} lets in with VEDETTE_KAFKA_PASSWORD by {mechanism} ({said})"
        return ConfigurationError("VEDETTE_KAFKA_USERNAME", user, allowed)

    def _find_out(self, error: _Closed) -> None:
        """Something listens, but does not talk with us: whether it would with TLS, or without."""
        try:
            with self._connect(None if self._tls else _anything()) as line:
                _ask(line, _VERSIONS)
        except _Closed:
            raise _Away(f"something listens there, but does not answer as Kafka does ({error})") from error
        self._refuse("no TLS" if self._tls else "TLS", tls=not self._tls)

    def _refuse(self, what: str, *, tls: bool | None = None, sasl: bool | None = None) -> None:
        tls, sasl = self._tls if tls is None else tls, self._sasl if sasl is None else sasl
        right = ("sasl_" if sasl else "") + ("ssl" if tls else "plaintext")
        raise ConfigurationError(_SECURITY, self._security, f"{right}, for {self._address} wants {what}")


def tls_context(options: dict[str, Any]) -> ssl.SSLContext:
    """TLS as the options say; a `ConfigurationError` names the file that cannot be used."""
    context = ssl.create_default_context()
    trusted = options["ssl_cafile"]
    if trusted:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load("VEDETTE_KAFKA_CA_FILE", trusted, lambda: context.load_verify_locations(trusted))
    certificate, key = options["ssl_certfile"], options["ssl_keyfile"]
    if certificate:
        _load("VEDETTE_KAFKA_CERT_FILE", certificate, lambda: context.load_cert_chain(certificate, key))
    return context


def _load(variable: str, path: str, load: Any) -> None:
    try:
        load()
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(variable, path, f"a readable PEM file, with its key ({error})") from error


def _anything() -> ssl.SSLContext:
    """TLS that trusts anybody: nothing is told to whoever answers, only whether somebody does."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context


def _text(value: str) -> bytes:
    return struct.pack(">h", len(value)) + value.encode()


def _strings(answer: bytes, at: int) -> list[str]:
    (count,) = struct.unpack_from(">i", answer, at)
    at, found = at + 4, []
    for _ in range(count):
        (length,) = struct.unpack_from(">h", answer, at)
        found.append(answer[at + 2 : at + 2 + length].decode(errors="replace"))
        at += 2 + length
    return found


def _ask(line: socket.socket, api: tuple[int, int], body: bytes = b"") -> bytes:
    """The answer to one request, behind its correlation id; `_Closed` if there is none."""
    request = struct.pack(">hhi", *api, 1) + _text("vedette") + body
    try:
        line.sendall(struct.pack(">i", len(request)) + request)
        (size,) = struct.unpack(">i", _exactly(line, 4))
        if not 6 <= size <= _LARGEST:
            raise _Closed("its answer is not Kafka's")
        return _exactly(line, size)[4:]
    except OSError as error:
        raise _Closed(str(error) or "no answer in time") from error


def _exactly(line: socket.socket, size: int) -> bytes:
    found = b""
    while len(found) < size:
        piece = line.recv(size - len(found))
        if not piece:
            raise _Closed("it ended the connection")
        found += piece
    return found
