"""Answer: what assertions look at, unpacked and parsed once, when the first of them needs it."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import msgspec

UNPACKED_LIMIT = 8 << 20
"""A compressed body is unpacked up to here: a few kilobytes may stand for gigabytes."""


class Unreadable(Exception):
    """The body cannot be read as the assertion needs it; the text says why."""


class Answer:
    """What assertions look at. `cut`: the body was longer than what is here."""

    def __init__(self, headers: Sequence[tuple[str, str]], body: bytes, size: int, *, cut: bool = False) -> None:
        self.headers = headers
        self.size = size
        self._body = body
        self._cut = cut

    @cached_property
    def body(self) -> bytes:
        """The body, unpacked if it was compressed; raises `Unreadable`."""
        coding = ",".join(value for name, value in self.headers if name == "content-encoding").strip().lower()
        if coding in {"", "identity"}:
            return self._body
        if coding not in {"gzip", "x-gzip", "deflate"}:
            raise Unreadable(f"the body is encoded as {coding}")
        # +32: the header tells zlib from gzip
        unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS + 32)
        try:
            return unpacker.decompress(self._body, UNPACKED_LIMIT)
        except zlib.error as error:
            raise Unreadable(f"the body is no {coding}: {error}") from error

    @cached_property
    def document(self) -> Any:
        """The body as JSON; raises `Unreadable`."""
        if self._cut:
            raise Unreadable("the body is longer than body_limit_bytes")
        try:
            return msgspec.json.decode(self.body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise Unreadable(f"the body is no JSON: {error}") from error
