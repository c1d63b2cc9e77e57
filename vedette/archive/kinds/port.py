"""A kind of raw event: what the archive must know to write its events to Parquet and to read them again."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol, TypeVar

import pyarrow as pa

E = TypeVar("E")

PLACE: dict[str, pa.DataType] = {
    "generation": pa.int32(),
    "partition": pa.int32(),
    "offset": pa.int64(),
    "time_ms": pa.int64(),
}
"""The columns of an event's place, where a row holds one event: the fields of `Stored` before its event."""
PLACE_FIELDS = [pa.field(name, kind, nullable=False) for name, kind in PLACE.items()]

Columns = Mapping[str, pa.Array]
"""Columns of a row group by name; those that the file does not have are absent."""


class Stored(NamedTuple):
    """An event and its place in the log, which is also its place in order: generation, partition, offset.

    `time_ms` is when the log took it.
    """

    generation: int
    partition: int
    offset: int
    time_ms: int
    event: Any


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events a reader wants: `from_ms` ≤ time < `to_ms`; of these sources, if not None.

    `names` (of series) leaves out reports that hold none of them; kinds without names ignore it.
    """

    from_ms: int = 0
    to_ms: int = 1 << 62
    sources: Collection[Any] | None = None
    names: Collection[str] | None = None


class Kind(Protocol[E]):
    """One kind. Its rows are sorted by source; events of one source are in one partition of the log at a time.

    A row may hold several events. `version` is that of the schema, and counts up with every change; columns may be
    added (`events` must then do without them), never removed or given another meaning.
    """

    name: str
    topic: str
    version: int
    schema: pa.Schema
    source_column: str
    first_column: str
    """The earliest time in a row (ms UTC)."""
    last_column: str
    """The latest time in a row."""
    swell: int
    """About how many times its bytes in the log a message takes in memory."""
    plain: Sequence[str]
    """Leaf columns without dictionary."""
    encodings: Mapping[str, str]
    """Parquet encodings of leaf columns."""

    def decode(self, data: bytes) -> Sequence[E]:
        """The events in a log message's value, in their order; `InvalidInput` if it holds none."""
        ...

    def account(self, event: E) -> int:
        """Whose it is."""
        ...

    def time(self, event: E) -> int:
        """When it happened (ms UTC): what the archive is partitioned by, and asked for."""
        ...

    def source(self, event: E) -> Any:
        """What it is of; sorts as Parquet sorts it."""
        ...

    def weight(self, event: E) -> int:
        """How many numbers it holds: row groups are cut by it."""
        ...

    def table(self, stored: Sequence[Stored]) -> pa.Table:
        """The events, which come sorted by source, as a table of the schema."""
        ...

    def events(self, columns: Columns, rows: int, wanted: Wanted) -> Iterator[tuple[Any, list[Stored]]]:
        """Pairs of source and some of its events that are wanted, sorted by source."""
        ...
