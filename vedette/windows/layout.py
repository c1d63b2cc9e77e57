"""One layout of a shard: its names and kinds, its open windows, and where its counters stand."""

from __future__ import annotations

import numpy as np

from vedette.events.samples import layout_id, layout_series
from vedette.expressions.grouping import Question, columns
from vedette.windows.accumulator import Ints, Window
from vedette.windows.counters import Counters


class LayoutState:
    """What a shard knows of a layout. Without open windows it can be dropped: all else can be made again."""

    def __init__(self, layout: bytes) -> None:
        self.id = layout_id(layout)
        self.layout = layout
        names, kinds = layout_series(layout)
        self.width = len(kinds)
        self.counter_columns: Ints = np.asarray([i for i, kind in enumerate(kinds) if kind == "counter"], np.int64)
        self.counter_names = tuple(names[column] for column in self.counter_columns)
        self.windows: dict[tuple[int, int], Window] = {}
        self.known: set[int] = set()
        """Numbers of the sources that were announced with this layout by this process."""
        self._asked: dict[str, tuple[tuple[int, str], ...]] = {}
        self._rows: dict[int, int] = {}
        self._slots: Ints = np.zeros((8, len(self.counter_columns)), np.int64)

    def window(self, tier: int, bucket: int) -> Window:
        """The open window, made when first asked for."""
        found = self.windows.get((tier, bucket))
        if found is None:
            found = self.windows[tier, bucket] = Window(self.width)
        return found

    def asked(self, question: Question) -> tuple[tuple[int, str], ...]:
        """Columns and names of the series that the question is about."""
        found = self._asked.get(question.mark)
        if found is None:
            found = self._asked[question.mark] = columns(question.expression, self.layout)
        return found

    def slots(self, sources: list[int], counters: Counters) -> Ints:
        """Where the counters of reports stand, reports by counters."""
        rows = self._rows
        for source in sources:
            if source not in rows:
                if len(rows) == len(self._slots):
                    self._slots = np.concatenate([self._slots, np.zeros_like(self._slots)])
                self._slots[len(rows)] = counters.slots(source, self.counter_names)
                rows[source] = len(rows)
        return self._slots[[rows[source] for source in sources]]

    def __reduce__(self) -> tuple[object, ...]:
        return _restored, (self.layout, self.windows)


def _restored(layout: bytes, windows: dict[tuple[int, int], Window]) -> LayoutState:
    """A layout out of a snapshot: everything but the windows follows from its names."""
    state = LayoutState(layout)
    state.windows = windows
    return state
