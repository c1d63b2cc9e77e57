"""Stream events: log records as server-sent events, encoded once for all viewers of an account."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from vedette.errors import InvalidInput
from vedette.events.checks import CheckRecord
from vedette.events.codec import decode, decode_samples
from vedette.events.samples import PackedSamples
from vedette.events.signals import AlertTransition, Signal
from vedette.events.topics import ALERTS, CHECKS, SAMPLES, SIGNALS

STREAMED = {"samples": SAMPLES.name, "checks": CHECKS.name, "signals": SIGNALS.name, "alerts": ALERTS.name}
"""Names of streams, and the topics behind them."""
_MOST_OFFSET = 1 << 63

_checks = msgspec.json.Decoder(CheckRecord)
_signals = msgspec.json.Decoder(Signal)
_alerts = msgspec.json.Decoder(AlertTransition)


class Event(NamedTuple):
    """One event: whose it is, which stream and source it belongs to, and its JSON."""

    account: int
    stream: str
    source: str
    data: bytes


def _samples_events(value: bytes) -> list[Event]:
    return [_samples_event(batch) for batch in decode_samples(value)]


def _samples_event(batch: PackedSamples) -> Event:
    values = dict(zip(batch.names(), batch.floats(), strict=True))
    data = msgspec.json.encode({"source": batch.source, "ts": batch.ts, "values": values})
    return Event(batch.account, "samples", batch.source, data)


def _json_events(stream: str, decoder: msgspec.json.Decoder[Any]) -> Callable[[bytes], list[Event]]:
    def events(value: bytes) -> list[Event]:
        found = decode(decoder, value)
        account, found.account = found.account, 0
        return [Event(account, stream, "", msgspec.json.encode(found))]

    return events


def _alerts_events(value: bytes) -> list[Event]:
    found = decode(_alerts, value)
    # As text, as everywhere in the API: JavaScript's numbers would round these 64-bit identities.
    shown = {**msgspec.to_builtins(found), "id": str(found.id), "alert": str(found.alert)}
    shown.pop("account", None)
    return [Event(found.account, "alerts", "", msgspec.json.encode(shown))]


_READERS: dict[str, Callable[[bytes], list[Event]]] = {
    "samples": _samples_events,
    "checks": _json_events("checks", _checks),
    "signals": _json_events("signals", _signals),
    "alerts": _alerts_events,
}


def read_events(stream: str, value: bytes) -> list[Event]:
    """The events in a record; none in one that cannot be read (the flows report those)."""
    try:
        return _READERS[stream](value)
    except InvalidInput:
        return []


def frame(event: str, data: bytes, identity: str | None = None) -> bytes:
    """An event in the form of the wire (HTML standard, section 9.2)."""
    head = f"event: {event}\n" if identity is None else f"id: {identity}\nevent: {event}\n"
    return head.encode() + b"data: " + data + b"\n\n"


Positions = dict[str, list[int]]
"""For each stream the next offset of each partition."""


def format_positions(positions: Positions) -> str:
    """Positions as an event id."""
    return ";".join(f"{stream}:{','.join(map(str, offsets))}" for stream, offsets in positions.items())


def parse_positions(text: str) -> Positions:
    """The positions in an event id; `InvalidInput` if it is none of ours."""
    positions: Positions = {}
    try:
        for part in text.split(";"):
            stream, _, offsets = part.partition(":")
            if stream not in STREAMED:
                raise ValueError(stream)
            positions[stream] = [int(offset) for offset in offsets.split(",")]
            if not all(0 <= offset < _MOST_OFFSET for offset in positions[stream]):
                raise ValueError(offsets)
    except ValueError as error:
        raise InvalidInput("Last-Event-ID", text, "the id of an event of this stream") from error
    return positions
