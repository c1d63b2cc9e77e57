"""Windows by time, tumbling or sliding: counts by pane, and each window the sum of its panes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vedette.statistics.drift.counts import Counts

LATENESS_MS = 60_000
"""A window is over when the model has sent rows that are so much newer than its end."""
SETTLE_MS = 120_000
"""Or when nothing has come so long after its end, by the wall clock."""

MOST_AT_ONCE = 200
"""Panes that one report may touch; the newest are counted."""
MOST_OPEN = 500
"""Panes of a version in which no window has ended."""

Tally = dict[str, Counts]
"""Counts by feature."""


@dataclass(frozen=True, slots=True)
class Window:
    """A window that is over; times are ms UTC."""

    start_ms: int
    end_ms: int
    counts: Tally


@dataclass(frozen=True, slots=True)
class Placed:
    """Where rows belong: brought into `order` (None: as they are), slices of them to be added to tallies."""

    parts: list[tuple[Tally, slice]]
    order: npt.NDArray[np.intp] | None = None
    late: int = 0


@dataclass(slots=True)
class TimeWindows:
    """The windows of a version that are not over: a pane for each slide that has rows. `closed_ms` is the newest end.

    Each window with any row is put out once, the earliest first. A pane stays until the last window with it is over.
    """

    window_ms: int
    slide_ms: int
    closed_ms: int = -1
    panes: dict[int, Tally] = field(default_factory=dict)

    def place(self, times: npt.NDArray[np.int64], newest_ms: int) -> Placed:
        """Of a report's rows; `newest_ms` is the newest time of those before it.

        Rows of panes in which a window is over are late, whether or not it has been put out yet: so it does not matter
        when that happens.
        """
        starts = times // self.slide_ms * self.slide_ms
        order = None if (starts == starts[0]).all() else np.argsort(starts, kind="stable")
        places, begins, sizes = np.unique(
            starts if order is None else starts[order], return_index=True, return_counts=True
        )
        over = max(self.closed_ms, newest_ms - LATENESS_MS, int(places[-MOST_AT_ONCE:][0]) + self.slide_ms - 1)
        placed, late = [], 0
        for place, begin, size in zip(places.tolist(), begins.tolist(), sizes.tolist(), strict=True):
            pane = None if place + self.slide_ms <= over else self._pane(place)
            if pane is None:
                late += size
            else:
                placed.append((pane, slice(begin, begin + size)))
        return Placed(placed, order, late)

    def _pane(self, start: int) -> Tally | None:
        """The pane that begins there; None if too many are open."""
        if start not in self.panes:
            if len(self.panes) >= MOST_OPEN + self.window_ms // self.slide_ms - 1:
                return None
            self.panes[start] = {}
        return self.panes[start]

    def over(self, newest_ms: int, quiet_at_ms: int | None) -> Iterator[Window]:
        """Windows that are over by the newest row's time, or by the wall clock if the log was read to its end then.

        Each counts as put out when it is asked for.
        """
        while self.panes:
            first = min(self.panes)
            end = max(first + self.slide_ms, self.closed_ms // self.slide_ms * self.slide_ms + self.slide_ms)
            settled = quiet_at_ms is not None and end + SETTLE_MS <= quiet_at_ms
            if not settled and end + LATENESS_MS > newest_ms:
                return
            start = end - self.window_ms
            tally = self._sum(start, end)
            self.closed_ms = end
            for gone in [pane for pane in self.panes if pane < start + self.slide_ms]:
                del self.panes[gone]
            yield Window(start, end, tally)

    def _sum(self, start: int, end: int) -> Tally:
        found: Tally = {}
        for begin in sorted(self.panes):
            if start <= begin < end:
                for feature, counts in self.panes[begin].items():
                    before = found.get(feature)
                    found[feature] = counts if before is None else before + counts
        return found
