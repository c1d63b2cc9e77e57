"""The rollup in plain Python, one value at a time: slow, and obviously right."""

from __future__ import annotations

from dataclasses import dataclass, field

from vedette.events.samples import PackedSamples, layout_series
from vedette.windows.tiers import TIERS


@dataclass
class Row:
    n: int = 0
    sum: float = 0.0
    low: float | None = None
    high: float | None = None
    last_ts: int = -1
    lasts: dict[tuple[int, bytes], float] = field(default_factory=dict)
    """Of the newest time, the last arrival of each entry tier and layout: between those a tie has no order."""


Key = tuple[str, str, str, int]
"""Tier, source, series, bucket."""


@dataclass
class Oracle:
    lateness_ms: int
    seen: set[tuple[str, int, int]] = field(default_factory=set)
    watermark: dict[str, int] = field(default_factory=dict)
    counters: dict[tuple[str, str], tuple[int, float]] = field(default_factory=dict)
    rows: dict[Key, Row] = field(default_factory=dict)
    duplicates: int = 0
    late: int = 0

    def add(self, message: PackedSamples) -> None:
        identity = (message.source, message.epoch, message.seq)
        if identity in self.seen:
            self.duplicates += 1
            return
        self.seen.add(identity)
        entry = 1 if message.interval_ms >= 60_000 else 0
        width = TIERS[entry].width_ms
        end = message.ts - message.ts % width + width
        if end + self.lateness_ms <= self.watermark.get(message.source, 0):
            self.late += len(message.floats())
            return
        self.watermark[message.source] = max(message.ts, self.watermark.get(message.source, 0))
        for name, kind, value in zip(*layout_series(message.layout), message.floats(), strict=True):
            increase, rate = value, value
            if kind == "counter":
                increase, rate = self._increase(message, name, value)
            for tier in TIERS[entry:]:
                bucket = message.ts - message.ts % tier.width_ms
                row = self.rows.setdefault((tier.name, message.source, name, bucket), Row())
                row.n += 1
                row.sum += increase
                if rate is not None:
                    row.low = rate if row.low is None else min(row.low, rate)
                    row.high = rate if row.high is None else max(row.high, rate)
                if message.ts > row.last_ts:
                    row.last_ts, row.lasts = message.ts, {}
                if message.ts == row.last_ts:
                    row.lasts[entry, message.layout] = value

    def _increase(self, message: PackedSamples, name: str, value: float) -> tuple[float, float | None]:
        key = (message.source, name)
        before = self.counters.get(key)
        if before is not None and message.ts <= before[0]:
            return 0.0, None
        self.counters[key] = (message.ts, value)
        if before is None:
            return 0.0, None
        grown = value - before[1] if value >= before[1] else value
        return grown, grown / ((message.ts - before[0]) / 1000.0)


@dataclass
class Steady:
    """Leaves out reports that show that a clock was set back: the oracle knows only clocks that go on."""

    seen: set[tuple[str, int, int]] = field(default_factory=set)
    marks: dict[str, tuple[int, int, int]] = field(default_factory=dict)
    """By source, the newest time, and the report that has it."""

    def of(self, messages: list[PackedSamples]) -> list[PackedSamples]:
        """Those of the messages that are left; all after those of the calls before."""
        return [message for message in messages if self._is_steady(message)]

    def _is_steady(self, message: PackedSamples) -> bool:
        identity = (message.source, message.epoch, message.seq)
        if identity in self.seen:
            return True
        newest, epoch, seq = self.marks.get(message.source, (0, -1, -1))
        is_later = message.epoch == epoch and message.seq > seq
        if message.interval_ms and is_later and newest - message.ts > 120_000:
            return False
        self.seen.add(identity)
        if message.ts > newest:
            self.marks[message.source] = (message.ts, message.epoch, message.seq)
        return True
