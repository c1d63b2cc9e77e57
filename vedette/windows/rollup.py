"""The rollup of one shard: reports in, closed and changed windows out."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from vedette.events.samples import PackedSamples
from vedette.events.signals import Signal
from vedette.windows.asking import Ask, Asking
from vedette.windows.closing import Closer
from vedette.windows.counters import Counters
from vedette.windows.folding import Reports, fold
from vedette.windows.layout import LayoutState
from vedette.windows.output import Heard, Output, RowBlock
from vedette.windows.sources import Sources
from vedette.windows.tiers import MINUTE, TIERS, entry_tier


@dataclass(frozen=True, slots=True)
class RollupConfig:
    """Times in milliseconds; see `FlowSettings` for what they mean."""

    lateness_ms: int = 5_000
    flush_ms: int = 1_000
    settle_ms: int = 10_000
    idle_ms: int = 900_000
    silent_after: float = 3.0
    silent_min_ms: int = 10_000


Watch = Callable[[int, str, bytes], Sequence[tuple[int, str]]]
"""Account, source and layout to the columns and canonical names that rules look at."""


@dataclass(slots=True)
class _Group:
    """Reports of one layout as they are gathered from messages."""

    sources: list[int] = field(default_factory=list)
    tiers: list[int] = field(default_factory=list)
    buckets: list[int] = field(default_factory=list)
    ts: list[int] = field(default_factory=list)
    values: list[bytes] = field(default_factory=list)


class RollupShard:
    """The state of one shard, and what it makes of reports.

    A report is a duplicate if its (source, epoch, seq) was seen; it is late if its source's own watermark (the newest
    time it has reported) has passed the end of its window by more than the lateness. Both are decided in the order
    of arrival, from events alone, so that a replay after a crash decides the same.
    """

    def __init__(self, config: RollupConfig) -> None:
        self._config = config
        self.sources = Sources()
        self.layouts: dict[bytes, LayoutState] = {}
        self._counters = Counters()
        self._layout_of: dict[str, bytes] = {}
        self._overlapping: set[bytes] = set()
        """Layouts that share a counter with another: reports in them must be folded in the order of arrival."""
        self._pending = Output()
        self._heard: set[int] = set()
        self._flushed_ms = 0
        self._asking = Asking()

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Also of a version that knew no expressions."""
        self._asking = Asking()
        self.__dict__.update(state)

    def fold(self, messages: Sequence[tuple[int, PackedSamples]]) -> None:
        """Take in messages, each with the time the log took it (ms UTC), in the log's order."""
        groups: dict[bytes, _Group] = {}
        last_layout: dict[int, bytes] = {}
        lateness = self._config.lateness_ms
        states = self.sources.states
        for heard_ms, message in messages:
            number = self.sources.number(message)
            state = states[number]
            if heard_ms > state.heard_ms:
                state.heard_ms = heard_ms
            if not state.seen.is_new(message.epoch, message.seq):
                self._pending.duplicates += 1
                continue
            state.interval_ms = message.interval_ms
            tier = entry_tier(message.interval_ms)
            width = TIERS[tier].width_ms
            ts = message.ts
            bucket = ts - ts % width
            if bucket + width + lateness <= state.watermark:
                if not state.is_set_back(message, heard_ms):
                    self._pending.late += len(message.values) // 8
                    continue
                self._fold_groups(groups)
                groups, last_layout = {}, {}
                self._begin_anew(number, heard_ms)
            if ts > state.watermark:
                state.watermark = ts
                state.mark_epoch, state.mark_seq, state.mark_ms = message.epoch, message.seq, heard_ms
            state.stage = 0
            self._heard.add(number)
            layout = message.layout
            if layout not in self.layouts:
                self._open(layout)
            if layout in self._overlapping and last_layout.setdefault(number, layout) != layout:
                self._fold_groups(groups)
                groups, last_layout = {}, {number: layout}
            group = groups.get(layout)
            if group is None:
                group = groups[layout] = _Group()
            group.sources.append(number)
            group.tiers.append(tier)
            group.buckets.append(bucket)
            group.ts.append(ts)
            group.values.append(message.values)
        self._fold_groups(groups)

    def _begin_anew(self, number: int, heard_ms: int) -> None:
        """The source's clock was set back: nothing that was known by its old time holds for the new one."""
        state = self.sources.states[number]
        state.watermark, state.turned_ms, state.is_turned = 0, heard_ms, True
        self._counters.forget(number)
        self._asking.forget(number)

    def _open(self, layout: bytes) -> None:
        state = self.layouts[layout] = LayoutState(layout)
        for name in state.counter_names:
            other = self._layout_of.setdefault(name, layout)
            if other != layout:
                self._overlapping |= {layout, other}

    def _fold_groups(self, groups: dict[bytes, _Group]) -> None:
        for layout, group in groups.items():
            self._fold_group(self.layouts[layout], layout, group)

    def _fold_group(self, state: LayoutState, layout: bytes, group: _Group) -> None:
        new = set(group.sources) - state.known
        if new:
            state.known |= new
            self._pending.layouts[state.id] = layout
            self._pending.pairs += [(self.sources.states[number].id, state.id) for number in sorted(new)]
        raw = np.frombuffer(b"".join(group.values)).reshape(-1, state.width)
        reports = Reports(
            np.asarray(group.sources),
            np.asarray(group.tiers),
            np.asarray(group.buckets),
            np.asarray(group.ts),
            raw,
            state.slots(group.sources, self._counters),
        )
        for tier, bucket, cells in fold(reports, state.counter_columns, self._counters):
            state.window(tier, bucket).merge(cells)

    def resume(self, config: RollupConfig, now_ms: int) -> None:
        """Take over after a restart: with today's configuration, and with every source's patience renewed."""
        self._config = config
        self._flushed_ms = 0
        self.sources.forget_announcements(now_ms)

    def due(self, now_ms: int) -> bool:
        """Whether the next flush is due."""
        return now_ms - self._flushed_ms >= self._config.flush_ms or now_ms < self._flushed_ms

    def flush(
        self,
        now_ms: int,
        watch: Watch | None = None,
        ask: Ask = lambda account: (),
        *,
        last: bool = False,
        behind: bool = False,
    ) -> Output:
        """Close what the watermarks have passed, and put out all rows that changed, with what rules `watch` and `ask`.

        While the log is read `behind` its end, only the rows of closed windows. The `last` flush before the process
        ends treats every source as settled: nobody should have to wait for the next start to see a minute.
        """
        self._flushed_ms = now_ms
        output, self._pending = self._pending, Output()
        states = self.sources.states
        output.heard += [
            Heard(one.id, one.account, one.name, one.interval_ms, one.watermark, one.is_turned)
            for one in (states[n] for n in sorted(self._heard))
        ]
        for number in self._heard:
            states[number].is_turned = False
        self._asking.begin({states[number].account for number in self._heard}, states, ask)
        self._heard.clear()
        settle_ms = 0 if last else self._config.settle_ms
        closer = Closer(self.sources, self._config.lateness_ms, settle_ms, self._config.idle_ms, behind=behind)
        for layout in self.layouts.values():
            blocks = closer.close(layout, now_ms)
            if watch is not None:
                output.signals += self._observed(layout, blocks, watch)
            self._asking.take(layout, blocks, states)
            closer.to_identities(blocks)
            output.rows += blocks
        output.signals += self._asking.look(states, self._config.lateness_ms)
        # Names that change at every report must not pile up: a layout is kept only while it has open windows.
        self.layouts = {key: layout for key, layout in self.layouts.items() if layout.windows}
        closer.advance(now_ms)
        return output

    def _observed(self, layout: LayoutState, blocks: Sequence[RowBlock], watch: Watch) -> Iterator[Signal]:
        """The last value of each watched series in rows of the tiers that reports enter; of counters the highest rate.

        A counter's total says nothing: a rule is about what happens now. Without a report before there is no rate yet.
        """
        for block in blocks:
            if block.tier > MINUTE:
                continue
            counters = set(block.counters.tolist())
            for row, number in enumerate(block.cells.sources.tolist()):
                state = self.sources.states[number]
                for column, name in watch(state.account, state.name, layout.layout):
                    told = block.cells.maxs if column in counters else block.cells.lasts
                    at, value = int(block.cells.last_ts[row]), float(told[row, column])
                    if not math.isfinite(value) or at > state.watermark:  # read before its clock was set back
                        continue
                    signal = Signal("series", state.account, f"series:{state.name}/{name}", at, value=value)
                    if state.turned_ms:
                        signal.detail["turned_ms"] = state.turned_ms
                    yield signal

    def presence(self, now_ms: int) -> list[Signal]:
        """Signals for sources that became active or silent; call it only when the log has been read to its end."""
        return list(self.sources.presence(now_ms, self._config.silent_after, self._config.silent_min_ms))
