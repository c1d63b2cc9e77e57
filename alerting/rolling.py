"""The memory of a rule about a mean: the readings of the last while."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass, field

_PARTS = 60


@dataclass(slots=True)
class Rolling:
    """Sums and numbers of readings in the last `span_ms`, in parts of a sixtieth of that, at least a second each.

    `began` is when the first of them was read, `last` the newest, `gap_ms` the longest usual time between two.
    Bounded: at most 60 parts.
    """

    span_ms: int
    began: int = -1
    last: int = -1
    gap_ms: int = 0
    parts: deque[tuple[int, float, int]] = field(default_factory=deque)

    def shift(self, by_ms: int) -> None:
        """The clock was set by so much: what was read was read as long ago as before, but for a part's width."""
        if self.last < 0:
            return
        width = max(self.span_ms // _PARTS, 1000)
        self.began, self.last = self.began + by_ms, self.last + by_ms
        self.parts = deque((part + by_ms // width, total, count) for part, total, count in self.parts)

    def add(self, at_ms: int, value: float) -> tuple[float, int] | None:
        """Take in a reading; the mean of those of the last `span_ms`, and how many they are.

        None while less than `span_ms` is known, or if the mean is none. After a gap that is longer than that, and than
        three usual ones, all begins anew. Readings come in order.
        """
        width = max(self.span_ms // _PARTS, 1000)
        gap = at_ms - self.last
        if self.last < 0 or gap > max(self.span_ms, 3 * self.gap_ms):
            self.began = at_ms
            self.parts.clear()
        if self.last >= 0:
            self.gap_ms = max(gap, self.gap_ms - gap // 4)  # several locations' checks may come close together
        self.last = at_ms
        part = at_ms // width
        if self.parts and self.parts[-1][0] == part:
            _, total, count = self.parts.pop()
            self.parts.append((part, total + value, count + 1))
        else:
            self.parts.append((part, value, 1))
        while self.parts[0][0] <= part - self.span_ms // width:
            self.parts.popleft()
        if at_ms - self.began < self.span_ms - width:
            return None
        count = sum(one[2] for one in self.parts)
        mean = sum(one[1] for one in self.parts) / count
        return (mean, count) if math.isfinite(mean) else None
