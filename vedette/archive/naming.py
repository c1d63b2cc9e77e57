"""Names of objects: they follow from what is in them, so that what is written again gets the same name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

from vedette.events.names import hash64

HOUR_MS = 3_600_000


def hour_of(time_ms: int) -> int:
    """The start of the hour (ms UTC)."""
    return time_ms - time_ms % HOUR_MS


def folder(kind: str, account: int, hour_ms: int) -> str:
    """`kind=/account=/date=/hour=`, as most readers of Parquet know partitions; by the events' own time."""
    at = datetime.fromtimestamp(hour_ms / 1000, UTC)
    return f"kind={kind}/account={account}/date={at:%Y-%m-%d}/hour={at:%H}"


def piece(kind: str, account: int, hour_ms: int, generation: int, partition: int, first: int, last: int) -> str:
    """The object with what a range of offsets (both inclusive) holds for this account and hour."""
    place = f"{generation:03}-{partition:04}-{first:015}-{last:015}"
    return f"{folder(kind, account, hour_ms)}/{place}.parquet"


def merged(kind: str, account: int, hour_ms: int, paths: Iterable[str]) -> str:
    """The object that takes the place of `paths`."""
    return f"{folder(kind, account, hour_ms)}/merged-{hash64(*sorted(paths)) & (1 << 64) - 1:016x}.parquet"
