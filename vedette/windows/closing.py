"""Closing: which windows are final, which rows changed, and the cascade from each tier to the next."""

from __future__ import annotations

import numpy as np

from vedette.windows.accumulator import Cells, Ints, Mask, Window
from vedette.windows.layout import LayoutState
from vedette.windows.output import RowBlock
from vedette.windows.sources import Sources
from vedette.windows.tiers import DAY, MINUTE, SECONDS_10, TIERS

_SETTLED, _IDLE = 1, 2


class Closer:
    """One pass over the open windows of a shard.

    A source's part of a window is closed when the source's own watermark has passed the window's end by the
    lateness; it is then merged into the next tier and put out for the last time. The tier that reports enter is put
    out whenever it has changed. A source that has gone quiet keeps its windows open, for it may come back with older
    reports, but the rows of its unfinished windows are put out as they stand: minutes once it has settled, hours and
    days once it is idle. Rows replace each other in the store, so what is put out too early is mended later. A pass
    that is `behind`, over a log with more to read, puts out closed windows only: others would be written again soon.
    """

    def __init__(
        self, sources: Sources, lateness_ms: int, settle_ms: int, idle_ms: int, *, behind: bool = False
    ) -> None:
        self._behind = behind
        self._sources = sources
        self._lateness_ms = lateness_ms
        self._settle_ms = settle_ms
        self._idle_ms = idle_ms
        states = sources.states
        self._watermarks = np.fromiter((state.watermark for state in states), np.int64, len(states))
        self._direct = np.fromiter((state.interval_ms >= TIERS[MINUTE].width_ms for state in states), bool, len(states))
        self._stages: Ints = np.zeros(0, np.int64)
        self._settled_idle: tuple[Mask, Mask] | None = None

    def close(self, layout: LayoutState, now_ms: int) -> list[RowBlock]:
        """Rows to put out for one layout; closed windows are gone from it afterwards."""
        blocks: list[RowBlock] = []
        for tier in range(len(TIERS)):
            for bucket in sorted(start for at, start in layout.windows if at == tier):
                blocks += self._close_one(layout, tier, bucket)
        if self._behind:
            return blocks
        settled, idle = self._quiet(now_ms)
        if settled.any():
            blocks += _previews(layout, settled, (MINUTE,))
        if idle.any():
            blocks += _previews(layout, idle, range(MINUTE + 1, DAY + 1))
        return blocks

    def _close_one(self, layout: LayoutState, tier: int, bucket: int) -> list[RowBlock]:
        found: list[RowBlock] = []
        open_window = layout.windows[tier, bucket]
        end = bucket + TIERS[tier].width_ms
        closed: Mask = self._watermarks[open_window.sources] >= end + self._lateness_ms
        if closed.any():
            cells, dirty = open_window.remove(closed)
            if dirty.any():
                found.append(_block(tier, layout, bucket, cells.select(dirty)))
            if tier < DAY:
                width = TIERS[tier + 1].width_ms
                layout.window(tier + 1, bucket - bucket % width).merge(cells)
            if len(open_window) == 0:
                del layout.windows[tier, bucket]
                return found
        changed = None if self._behind else self._changed(open_window, tier)
        if changed is not None:
            found.append(_block(tier, layout, bucket, changed))
        return found

    def _changed(self, open_window: Window, tier: int) -> Cells | None:
        if tier == SECONDS_10:
            return open_window.take_dirty()
        if tier == MINUTE:
            return open_window.take_dirty(self._direct[open_window.sources])
        return None

    def _quiet(self, now_ms: int) -> tuple[Mask, Mask]:
        """Which sources have just settled, and which have just become idle."""
        if self._settled_idle is not None:
            return self._settled_idle  # the same for every layout of this pass
        states = self._sources.states
        quiet = np.fromiter((now_ms - state.heard_ms for state in states), np.int64, len(states))
        stage = np.fromiter((state.stage for state in states), np.int64, len(states))
        reached = np.where(quiet >= self._idle_ms, _IDLE, np.where(quiet >= self._settle_ms, _SETTLED, 0))
        self._stages = np.maximum(stage, reached)
        self._settled_idle = (stage < _SETTLED) & (reached >= _SETTLED), (stage < _IDLE) & (reached >= _IDLE)
        return self._settled_idle

    def advance(self, now_ms: int) -> None:
        """Note which sources have been put out as settled or idle; call it after the last layout."""
        if self._behind:
            return
        self._quiet(now_ms)
        for state, stage in zip(self._sources.states, self._stages.tolist(), strict=True):
            state.stage = stage

    def to_identities(self, blocks: list[RowBlock]) -> None:
        """Turn shard numbers into identities of sources, in place."""
        if blocks:
            states = self._sources.states
            ids = np.fromiter((state.id for state in states), np.int64, len(states))
            for block in blocks:
                block.cells.sources = ids[block.cells.sources]


def _previews(layout: LayoutState, chosen: Mask, tiers: range | tuple[int, ...]) -> list[RowBlock]:
    """Rows of unfinished windows of the chosen sources, as if all their finer windows were closed now."""
    blocks: list[RowBlock] = []
    for tier in tiers:
        width = TIERS[tier].width_ms
        views: dict[int, Window] = {}
        for (at, bucket), part in layout.windows.items():
            if at > tier:
                continue
            mask = chosen[part.sources]
            if not mask.any():
                continue
            cells = part.select(mask)
            start = bucket - bucket % width
            views.setdefault(start, Window(cells.sums.shape[1])).merge(cells)
        for start, view in sorted(views.items()):
            cells_now = view.take_dirty()
            if cells_now is not None:
                cells_now.fresh = False  # fresh in this view, but it may well have been put out before
                blocks.append(_block(tier, layout, start, cells_now))
    return blocks


def _block(tier: int, layout: LayoutState, bucket: int, cells: Cells) -> RowBlock:
    return RowBlock(tier, layout.id, np.full(len(cells), bucket, np.int64), cells, layout.counter_columns)
