"""HTTP/2 servers that fail or attack: each in its own way, each with its own kind of fault."""

from __future__ import annotations

import asyncio

import pytest

from tests.integration.probes.conftest import Run
from tests.integration.probes.second import Asked, Script, frame, says2, sends
from tests.integration.probes.test_http2 import look

DATA, HEADERS, RST, SETTINGS, PUSH, PING, GOAWAY, CONTINUATION = 0, 1, 3, 4, 5, 6, 7, 9
END_STREAM, END_HEADERS = 1, 4


def goaway(last: int, code: int, text: bytes = b"") -> bytes:
    return frame(GOAWAY, last.to_bytes(4, "big") + code.to_bytes(4, "big") + text, stream=0)


async def hang(asked: Asked) -> None:
    """Nothing but the greeting."""
    await asked.flush()
    await asyncio.Event().wait()


async def begin_and_hang(asked: Asked) -> None:
    """A head, and a body that does not come."""
    asked.answer("200", body=b"abc", end=False)
    await hang(asked)


async def begin_and_drop(asked: Asked) -> None:
    """A head and a part of the body, then the end of the connection."""
    asked.answer("200", ("content-length", "10"), body=b"abc", end=False)
    await asked.flush()
    asked.writer.close()


async def drop(asked: Asked) -> None:
    """The end of the connection at once."""
    asked.writer.transport.abort()


async def flood(asked: Asked) -> None:
    """A body without an end, as far as the client lets it."""
    asked.answer("200", end=False)
    await asked.flush()
    piece = frame(DATA, b"x" * 16_384)
    while True:
        asked.writer.write(piece)
        await asked.writer.drain()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("script", "error"),
    [
        (hang, "timeout_ttfb"),
        (begin_and_hang, "timeout_transfer"),
        (begin_and_drop, "truncated: closed after 3 bytes"),
        (drop, "truncated: closed before the answer"),
        (sends(frame(RST, (7).to_bytes(4, "big"))), "truncated: the server reset the stream: REFUSED_STREAM"),
        (sends(frame(RST, (2).to_bytes(4, "big")), head=True), "truncated: the server reset the stream: INTERNAL"),
        (sends(goaway(0, 0)), "truncated: the server ended the connection: NO_ERROR"),
        (sends(goaway(1, 11, b"calm down")), "truncated: the server ended the connection: ENHANCE_YOUR_CALM (calm"),
        (says2("200", ("content-length", "9")), "protocol: HTTP/2"),
        (sends(frame(DATA, b"no head", END_STREAM)), "protocol: HTTP/2"),
        (sends(frame(HEADERS, b"\xff\xff\xff\xff\xff", END_HEADERS | END_STREAM)), "protocol: HTTP/2"),
        (sends(frame(HEADERS, b"\x88", END_HEADERS, stream=3)), "protocol: HTTP/2"),
        (sends(frame(PUSH, (2).to_bytes(4, "big") + b"\x82", END_HEADERS)), "protocol: HTTP/2"),
        (sends(frame(SETTINGS, b"\0\4\xff\xff\xff\xff", stream=0)), "protocol: HTTP/2"),
        (sends((1 << 20).to_bytes(3, "big") + b"\0\0\0\0\0\1" + b"x" * 1000), "protocol: HTTP/2"),
        (sends(frame(PING, b"12345678", stream=0), forever=True), "protocol"),
        (sends(frame(SETTINGS, stream=0), forever=True), "protocol"),
        (sends(frame(DATA), head=True, forever=True), "protocol"),
        (sends(frame(DATA, b"x"), head=True, forever=True), "protocol"),
        (sends(frame(HEADERS, b"\x88"), *[frame(CONTINUATION, b"\x88")] * 50, forever=True), "protocol: HTTP/2"),
        (sends(frame(HEADERS, b"\x88" + (b"\x40\x01a\x7e" + b"b" * 126) * 120), forever=True), "protocol: HTTP/2"),
        (flood, "body_too_large"),
    ],
)
def test_a_bad_answer_ends_with_its_kind(run: Run, script: Script, error: str) -> None:
    result = run(look(script, timeout_s=0.4 if error.startswith("timeout") else 5.0))
    assert result.outcome == ("degraded" if error == "body_too_large" else "down")
    assert (result.error or "").startswith(error)
    assert result.http_version == "2"


def test_a_bomb_of_headers_that_unpack_to_megabytes_is_refused(run: Run) -> None:
    async def bomb(asked: Asked) -> None:
        # one long header goes into the table, then each byte repeats it
        packed = b"\x88\x40\x01a\x7f\xa1\x1e" + b"b" * 4000 + b"\xbe" * 12_000
        await asked.raw(frame(HEADERS, packed, END_HEADERS | END_STREAM))

    result = run(look(bomb))
    assert (result.outcome, (result.error or "")[:16]) == ("down", "protocol: HTTP/2")
