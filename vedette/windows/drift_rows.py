"""Windows by number of rows: each is over with its last row, in the order in which the log holds them."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from vedette.windows.drift_times import Placed, Tally, Window


@dataclass(slots=True)
class RowWindows:
    """The windows of a version: the one that is being filled, and those that are full and were not put out yet.

    A window begins at the time of its first row and ends at the newest time so far. Each begins, and ends, at least
    1 ms after the one before it, so that its start names it. `closed_ms` is the newest end, or what was told later.
    """

    size: int
    closed_ms: int = -1
    begun_ms: int = -1
    filled: int = 0
    tally: Tally = field(default_factory=dict)
    full: deque[Window] = field(default_factory=deque)

    def place(self, times: npt.NDArray[np.int64], newest_ms: int) -> Placed:
        """Of a report's rows: all have a place, a report that goes beyond a window begins the next."""
        parts, begin = [], 0
        while begin < len(times):
            if not self.filled:
                self.begun_ms, self.tally = max(int(times[begin]), self.begun_ms + 1), {}
            end = min(len(times), begin + self.size - self.filled)
            parts.append((self.tally, slice(begin, end)))
            newest_ms = max(newest_ms, int(times[begin:end].max()))
            self.filled += end - begin
            begin = end
            if self.filled == self.size:
                self.full.append(Window(self.begun_ms, self.tell(max(newest_ms, self.begun_ms)), self.tally))
                self.filled = 0
        return Placed(parts)

    def tell(self, at: int) -> int:
        """When it is said, if not before what was said already: ms UTC."""
        self.closed_ms = max(at, self.closed_ms + 1)
        return self.closed_ms

    def over(self, newest_ms: int, quiet_at_ms: int | None) -> Iterator[Window]:
        """Windows that are full, the earliest first; no time ends one."""
        while self.full:
            yield self.full.popleft()
