"""What the two parts of the drift flow share: what shards hear, and how rows of windows come into their tables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from vedette.errors import InvalidInput
from vedette.events.features import FeatureBatch
from vedette.store.pool import Store
from vedette.telemetry import get_logger, metrics

FLOW = "drift"
AT_ONCE = 2000
"""Rows of one transaction."""


@dataclass(frozen=True, slots=True)
class Heard:
    """Batches of one poll for one shard, each with the time (ms UTC) at which the log took it.

    `quiet_at_ms` is the wall clock if the partition was read to its end.
    """

    partition: int
    batches: list[tuple[int, FeatureBatch]]
    quiet_at_ms: int | None = None


def quiet_in(values: Sequence[Heard]) -> dict[int, int]:
    """Of the partitions that were found read to their end, and not heard of since, when (ms UTC)."""
    quiet: dict[int, int] = {}
    for value in values:
        quiet.pop(value.partition, None)
        if value.quiet_at_ms is not None:
            quiet[value.partition] = value.quiet_at_ms
    return quiet


def plain(value: Any) -> dict[str, Any]:
    """As JSON has it: numbers that are none, and infinite ones, are null."""
    found: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(value))
    return found


class _Row(Protocol):
    @property
    def model(self) -> int: ...


Row = TypeVar("Row", bound=_Row)


def write_all(store: Store, rows: Sequence[Row], write: Callable[[Store, Sequence[Row]], int]) -> None:
    """All rows, `AT_ONCE` in a transaction. What no table can hold is told, and costs itself alone."""
    for begin in range(0, len(rows), AT_ONCE):
        some = rows[begin : begin + AT_ONCE]
        try:
            written = write(store, some)
        except InvalidInput:
            written = sum(_alone(store, row, write) for row in some)
        metrics().count("vedette_flow_rows_total", written, flow=FLOW)


def _alone(store: Store, row: Row, write: Callable[[Store, Sequence[Row]], int]) -> int:
    try:
        return write(store, [row])
    except InvalidInput as error:
        about = getattr(row, "feature", "quality")
        get_logger("drift").error("window_not_written", model=row.model, feature=about, error=str(error))
        return 0
