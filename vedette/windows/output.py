"""What a rollup shard puts out: rows for the store, catalogue entries, signals."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.events.signals import Signal
from vedette.windows.accumulator import Cells, Ints


@dataclass(slots=True)
class RowBlock:
    """Rollup rows of one layout and tier; `cells.sources` are the identities of sources, not shard numbers.

    `counters` are the layout's columns of counters.
    """

    tier: int
    layout_id: int
    buckets: Ints
    cells: Cells
    counters: Ints


@dataclass(slots=True)
class Heard:
    """A source that reported: its identity, and the time of its newest report (ms UTC). `is_turned`: its clock was set
    back, so that time may be older than the one before."""

    id: int
    account: int
    name: str
    interval_ms: int
    last_ms: int
    is_turned: bool = False


@dataclass(slots=True)
class Output:
    """Everything a flush puts out. `layouts` are new to this process, `pairs` are source and layout identities."""

    rows: list[RowBlock] = field(default_factory=list)
    layouts: dict[int, bytes] = field(default_factory=dict)
    pairs: list[tuple[int, int]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    signals: list[Signal] = field(default_factory=list)
    duplicates: int = 0
    late: int = 0

    def __bool__(self) -> bool:
        return bool(self.rows or self.pairs or self.heard or self.signals or self.duplicates or self.late)
