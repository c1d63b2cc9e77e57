"""Recorded messages: what a model's client writes into `vedette.recorded` itself, in place of a request.

A log's messages have no headers, so what HTTP says in path and headers stands in an envelope around the very same body:
MessagePack, a map of `token` (an API token with the scope `ingest`), `kind` (features, outcomes, metrics), `type` (the
body's content type), `epoch` and `seq` (of an Arrow body, which has them not), and `body` (binary).
"""

from __future__ import annotations

import re
from typing import Literal

import msgspec

from vedette.errors import InvalidInput

RecordedKind = Literal["features", "outcomes", "metrics"]
_ALLOWED = "MessagePack: a map of token, kind (features, outcomes, metrics), type, epoch, seq and body (binary)"
_PATH = re.compile(r" - at `\$\.?(token|kind|type|epoch|seq|body)`$")


class Recorded(msgspec.Struct):
    """One message. The token is a secret: it goes into no error, log or reject."""

    token: str
    kind: RecordedKind
    body: bytes
    type: str = "application/json"
    epoch: str = ""
    seq: int = 0


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Recorded)


def encode_recorded(message: Recorded) -> bytes:
    """The message as MessagePack."""
    return _encoder.encode(message)


def decode_recorded(data: bytes) -> Recorded:
    """The message in `data`; `InvalidInput`, which repeats none of its bytes, for anything else."""
    try:
        return _decoder.decode(data)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        path = _PATH.search(str(error))
        where = f"value.{path[1]}" if path else "value"
        # Without the cause: its text may hold what stands in the place of the token.
        raise InvalidInput(where, f"{len(data)} bytes", _ALLOWED) from None
