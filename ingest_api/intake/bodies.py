"""Bodies: a request's bytes, bounded before and after decompression."""

from __future__ import annotations

import zlib

import zstandard
from fastapi import Request
from starlette.requests import ClientDisconnect

from vedette.errors import InvalidInput, TooLarge

JSON = "application/json"
INFLATION = 4
"""A body may unpack to this many times the limit of a packed one."""
_PIECE = 1 << 10
"""Packed bytes that are unpacked at a time: four of them may stand for 128 KiB."""


def media_type_of(request: Request) -> str:
    """The content type of a request without parameters; JSON if it names none."""
    return request.headers.get("content-type", JSON).partition(";")[0].strip().lower()


async def read_body(request: Request, limit: int) -> bytes:
    """The decoded body. `TooLarge` above `limit` bytes as sent or `INFLATION` times that unpacked; `InvalidInput` for
    an encoding that is unknown or broken."""
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limit:
        raise TooLarge("the request's body", limit)
    parts: list[bytes] = []
    size = 0
    try:
        async for chunk in request.stream():
            size += len(chunk)
            if size > limit:
                raise TooLarge("the request's body", limit)
            parts.append(chunk)
    except ClientDisconnect as error:
        raise InvalidInput("body", f"{size} bytes", "a whole body (the client went away)") from error
    return decoded(b"".join(parts), request.headers.get("content-encoding", ""), limit * INFLATION)


def decoded(body: bytes, encoding: str, limit: int) -> bytes:
    """`body` without its content encoding (`gzip`, `zstd`, or none), at most `limit` bytes."""
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        return body
    if encoding == "gzip":
        return _gunzip(body, limit)
    if encoding == "zstd":
        return _unzstd(body, limit)
    raise InvalidInput("Content-Encoding", encoding, "gzip, zstd, identity")


def _gunzip(body: bytes, limit: int) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        data = unpacker.decompress(body, limit + 1)
    except zlib.error as error:
        raise InvalidInput("body", body[:16], f"gzip data ({error})") from error
    if len(data) > limit:
        raise TooLarge("the unpacked body", limit)
    _check_end("gzip", len(body), unpacker.eof, len(unpacker.unused_data))
    return data


def _unzstd(body: bytes, limit: int) -> bytes:
    unpacker = zstandard.ZstdDecompressor().decompressobj()
    parts: list[bytes] = []
    size = over = 0
    try:
        # Fed in small pieces, so that a bomb is noticed before it has unpacked.
        for at in range(0, len(body), _PIECE):
            part = unpacker.decompress(body[at : at + _PIECE])
            size += len(part)
            if size > limit:
                raise TooLarge("the unpacked body", limit)
            parts.append(part)
            if unpacker.eof:
                over = len(unpacker.unused_data) + max(0, len(body) - at - _PIECE)
                break
    except zstandard.ZstdError as error:
        raise InvalidInput("body", body[:16], f"zstd data ({error})") from error
    _check_end("zstd", len(body), unpacker.eof, over)
    return b"".join(parts)


def _check_end(encoding: str, size: int, whole: bool, over: int) -> None:
    """Refuse packed data that ends too early, or before the body does: what follows would be lost in silence."""
    if not whole:
        raise InvalidInput("body", f"{size} bytes of {encoding}", f"whole {encoding} data (it ends too early)")
    if over:
        raise InvalidInput("body", f"{size} bytes of {encoding}", f"one piece of {encoding} data ({over} bytes follow)")
