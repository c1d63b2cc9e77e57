"""Control orders: what the dataflows ask the probes of one location to do at once."""

from __future__ import annotations

import msgspec

from vedette.events.checks import CheckRecord
from vedette.events.codec import decode
from vedette.events.names import hash64


class Recheck(msgspec.Struct, frozen=True, omit_defaults=True):
    """Check `monitor` at `location` now, as `attempt` of the slot `scheduled_ms` (ms UTC).

    `id` follows from monitor, slot and location, so an order that is given again after a crash is the same one. Nobody
    needs its result after `deadline_ms` (ms UTC): a probe that learns of it later leaves it.
    """

    id: int
    account: int
    monitor: int
    location: str
    scheduled_ms: int
    attempt: int
    deadline_ms: int


RECHECK_S = 15
"""How long after the end of a check the others are asked about it."""

_decoder = msgspec.json.Decoder(Recheck)


def recheck(result: CheckRecord, location: str, account: int, at_ms: int) -> Recheck:
    """The order to look again from `location` because of `result`, which ended at `at_ms`."""
    identity = hash64("recheck", result.monitor, result.scheduled_ms, location)
    deadline = at_ms + RECHECK_S * 1000
    return Recheck(identity, account, result.monitor, location, result.scheduled_ms, result.attempt + 1, deadline)


def encode_recheck(order: Recheck) -> bytes:
    """The order as JSON."""
    return msgspec.json.encode(order)


def decode_recheck(data: bytes) -> Recheck:
    """The order in `data`; `InvalidInput` for anything else."""
    return decode(_decoder, data)
