"""Health messages: the two of grpc.health.v1 that are needed, as bytes, and gRPC's frame around them.

`HealthCheckRequest {string service = 1}`, `HealthCheckResponse {ServingStatus status = 1}` (protobuf's wire format).
"""

from __future__ import annotations

SERVING = "SERVING"
STATUSES = {0: "UNKNOWN", 1: SERVING, 2: "NOT_SERVING", 3: "SERVICE_UNKNOWN"}
CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
"""What a grpc-status says, by its number."""

_PREFIX = 5
_VARINT, _FIXED64, _LENGTH, _FIXED32 = 0, 1, 2, 5


class Malformed(Exception):
    """The bytes are no health message; the text says why."""


def request(service: str) -> bytes:
    """The framed question for the health of `service`; empty: the whole server's."""
    name = service.encode()
    message = b"\x0a" + _varint(len(name)) + name if name else b""
    return b"\0" + len(message).to_bytes(4, "big") + message


def serving_status(body: bytes) -> str:
    """The status in a framed response; `Malformed` for anything else than one whole message."""
    if len(body) < _PREFIX:
        raise Malformed(f"{len(body)} bytes")
    if body[0]:
        raise Malformed("a compressed message, which nobody asked for")
    message = body[_PREFIX:]
    if len(message) != int.from_bytes(body[1:_PREFIX], "big"):
        raise Malformed(f"a message of {int.from_bytes(body[1:_PREFIX], 'big')} bytes in {len(message)}")
    status = 0  # what is left out has its type's first value
    at = 0
    while at < len(message):
        key, at = _read_varint(message, at)
        if key == 1 << 3 | _VARINT:
            status, at = _read_varint(message, at)
        else:
            at = _skipped(message, key & 7, at)
    return STATUSES.get(status, f"status {status}")


def _skipped(message: bytes, wire: int, at: int) -> int:
    """Where the field after one of another kind begins: a newer server may say more."""
    if wire == _VARINT:
        return _read_varint(message, at)[1]
    if wire == _LENGTH:
        size, at = _read_varint(message, at)
        at += size
    elif wire in {_FIXED64, _FIXED32}:
        at += 8 if wire == _FIXED64 else 4
    else:
        raise Malformed(f"a field of the wire type {wire}")
    if at > len(message):
        raise Malformed("a field is longer than the message")
    return at


def _varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    number = 0
    for shift in range(0, 70, 7):
        if at >= len(message):
            raise Malformed("a number is cut")
        byte = message[at]
        at += 1
        number |= (byte & 0x7F) << shift
        if not byte & 0x80:
            return number, at
    raise Malformed("a number without an end")
