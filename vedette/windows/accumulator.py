"""Accumulators: the running sums, minima, maxima and last values of one window, a row per source."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_FIRST_ROWS = 1
_ARRAYS = ("sources", "n", "last_ts", "sums", "mins", "maxs", "lasts")


@dataclass(slots=True)
class Cells:
    """Rows to be merged into a window, or read out of one: one source each, all of one layout.

    `sources` are the shard's source numbers (unique within one `Cells`); `n` counts reports, `last_ts` is the time of
    the newest (ms UTC); the matrices are rows by names. NaN in `mins` and `maxs` means: nothing yet. `fresh` tells of
    changed rows read out of a window that none of them was read out before.
    """

    sources: Ints
    n: Ints
    last_ts: Ints
    sums: Floats
    mins: Floats
    maxs: Floats
    lasts: Floats
    fresh: bool = False

    def __len__(self) -> int:
        return len(self.sources)

    def select(self, mask: Mask | Ints) -> Cells:
        """The rows that `mask` chooses, copied."""
        return Cells(
            self.sources[mask],
            self.n[mask],
            self.last_ts[mask],
            self.sums[mask],
            self.mins[mask],
            self.maxs[mask],
            self.lasts[mask],
            self.fresh,
        )


class Window:
    """One window of one layout: a dense matrix that grows by doubling as sources come in.

    Merging is associative and commutative but for floating-point rounding of sums: any split of the reports into
    batches gives the same counts, minima, maxima and last values.
    """

    __slots__ = ("_cells", "_dirty", "_read", "_rows", "_used")

    def __init__(self, width: int) -> None:
        self._rows: dict[int, int] = {}
        self._used = 0
        self._cells = _empty(_FIRST_ROWS, width)
        self._dirty = np.zeros(_FIRST_ROWS, np.bool_)
        self._read = np.zeros(_FIRST_ROWS, np.bool_)
        """Rows that were read out before; after a restart, all are taken to have been."""

    def __len__(self) -> int:
        return self._used

    @np.errstate(over="ignore", invalid="ignore")
    def merge(self, new: Cells) -> None:
        """Fold `new` in, and mark its rows as changed. A sum that is too large for a float is infinite."""
        at = self._place(new.sources)
        mine = self._cells
        mine.n[at] += new.n
        mine.sums[at] += new.sums
        mine.mins[at] = np.fmin(mine.mins[at], new.mins)
        mine.maxs[at] = np.fmax(mine.maxs[at], new.maxs)
        newer = new.last_ts >= mine.last_ts[at]
        if newer.all():
            mine.lasts[at] = new.lasts
            mine.last_ts[at] = new.last_ts
        else:
            mine.lasts[at[newer]] = new.lasts[newer]
            mine.last_ts[at[newer]] = new.last_ts[newer]
        self._dirty[at] = True

    def _place(self, sources: Ints) -> Ints:
        rows = self._rows
        at = [rows.get(source, -1) for source in sources.tolist()]
        if -1 in at:
            for i, source in enumerate(sources.tolist()):
                if at[i] < 0:
                    rows[source] = at[i] = self._used
                    if self._used == len(self._dirty):
                        self._grow()
                    self._cells.sources[self._used] = source
                    self._used += 1
        return np.asarray(at, np.int64)

    def _grow(self) -> None:
        old, size = self._cells, len(self._dirty)
        self._cells = _empty(2 * size, old.sums.shape[1])
        for name in _ARRAYS:
            getattr(self._cells, name)[:size] = getattr(old, name)
        self._dirty = np.concatenate([self._dirty, np.zeros(size, np.bool_)])
        self._read = np.concatenate([self._read, np.zeros(size, np.bool_)])

    @property
    def sources(self) -> Ints:
        """The sources that have a row, in row order."""
        return self._cells.sources[: self._used]

    def take_dirty(self, among: Mask | None = None) -> Cells | None:
        """Rows changed since they were last taken (of those that `among` chooses); None if there are none."""
        dirty = self._dirty[: self._used]
        chosen = np.flatnonzero(dirty if among is None else dirty & among)
        if not len(chosen):
            return None
        self._dirty[chosen] = False
        taken = self._cells.select(chosen)
        taken.fresh = not self._read[chosen].any()
        self._read[chosen] = True
        return taken

    def select(self, mask: Mask) -> Cells:
        """The rows that `mask` (one entry a row) chooses."""
        return self._cells.select(np.flatnonzero(mask))

    def remove(self, mask: Mask) -> tuple[Cells, Mask]:
        """Take the masked rows out; they, and which of them had changed since they were last taken."""
        gone = np.flatnonzero(mask)
        taken, dirty = self._cells.select(gone), self._dirty[gone].copy()
        taken.fresh = not (dirty & self._read[gone]).any()
        kept = np.flatnonzero(~mask)
        cells = self._cells.select(kept)
        changed, read = self._dirty[kept], self._read[kept]
        self._used = len(kept)
        self._rows = {source: row for row, source in enumerate(cells.sources.tolist())}
        self._cells, self._dirty, self._read = cells, changed, read
        if not self._used:
            self._begin(cells.sums.shape[1])
        return taken, dirty

    def _begin(self, width: int) -> None:
        """No rows, but room for some: an array of none cannot grow by doubling."""
        self._cells = _empty(_FIRST_ROWS, width)
        self._dirty, self._read = np.zeros(_FIRST_ROWS, np.bool_), np.zeros(_FIRST_ROWS, np.bool_)

    def __getstate__(self) -> tuple[Cells, Mask]:
        used = np.arange(self._used)
        return self._cells.select(used), self._dirty[used]

    def __setstate__(self, state: tuple[Cells, Mask]) -> None:
        cells, dirty = state
        cells.fresh = False  # older snapshots do not have it
        self._used = len(cells)
        self._rows = {source: row for row, source in enumerate(cells.sources.tolist())}
        self._cells, self._dirty, self._read = cells, dirty.copy(), np.ones(len(dirty), np.bool_)
        if not self._used:
            self._begin(cells.sums.shape[1])


def _empty(rows: int, width: int) -> Cells:
    return Cells(
        np.zeros(rows, np.int64),
        np.zeros(rows, np.int64),
        np.full(rows, np.iinfo(np.int64).min, np.int64),
        np.zeros((rows, width)),
        np.full((rows, width), np.nan),
        np.full((rows, width), np.nan),
        np.zeros((rows, width)),
    )
