"""Pings: what jobs say to their heartbeat monitors; and the gateways' word that they could have been heard."""

from __future__ import annotations

from typing import Literal

import msgspec

from vedette.errors import InvalidInput
from vedette.events.codec import decode

Said = Literal["start", "success", "fail"]
KEPT_BYTES = 10_000
"""So much of a ping's body is kept."""
LONGEST_RID = 64


class Ping(msgspec.Struct, tag="ping", omit_defaults=True):
    """What a job said at `at_ms` (ms UTC, by the gateway's clock).

    `exit_status` is that of the job, if it told it. `rid` pairs the start of a run with its end. `body` is the
    beginning of what was sent along, as text, and `body_bytes` the length of all of it.
    """

    monitor: int
    account: int
    at_ms: int
    said: Said
    exit_status: int | None = None
    rid: str = ""
    body: str | None = None
    body_bytes: int = 0


class Listening(msgspec.Struct, tag="listening"):
    """A gateway takes pings, and the log takes what it writes: whoever pings now is heard.

    Where these are missing, a ping may have been lost.
    """

    at_ms: int


_decoder = msgspec.json.Decoder(Ping | Listening)


def encode_ping(event: Ping | Listening) -> bytes:
    """The event as JSON."""
    return msgspec.json.encode(event)


def decode_ping(data: bytes) -> Ping | Listening:
    """The event in `data`; `InvalidInput` for anything else."""
    event: Ping | Listening = decode(_decoder, data)
    if isinstance(event, Ping):
        for field, value, low, high in (
            ("monitor", event.monitor, 1, 1 << 62),
            ("account", event.account, 0, (1 << 31) - 1),
            ("at_ms", event.at_ms, 0, 1 << 42),
            ("exit_status", event.exit_status or 0, 0, 255),
            ("body_bytes", event.body_bytes, 0, (1 << 31) - 1),
        ):
            if not low <= value <= high:
                raise InvalidInput(field, value, f"a number from {low} to {high}")
        for field, text, longest in (("rid", event.rid, LONGEST_RID), ("body", event.body or "", KEPT_BYTES)):
            if len(text) > longest or "\0" in text:
                raise InvalidInput(field, text, f"at most {longest} characters, without NUL")
    return event
