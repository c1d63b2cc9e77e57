"""Cells: the values of a rollup row as one byte string, and how to take single series out of it.

All numbers are float64, big-endian (as PostgreSQL's own `float8send`). A row of several reports holds four vectors one
after the other, each as long as the layout: sums, minima, maxima, last values. Of a single report a gauge or delta
has but one value, so such a row holds one vector (of counters the increase), then for the counters alone their rates,
then their raw values. Which of the two it is follows from the length. The SQL function `vedette_cells` reads both.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Matrices = tuple[Floats, Floats, Floats, Floats]
"""Sums, minima, maxima and last values, each rows by names."""
_SIZE = 8
PARTS = 4


@dataclass(frozen=True, slots=True)
class Shape:
    """What a layout's cells look like: how many names it has, and which of them (from 0) are counters."""

    width: int
    counters: tuple[int, ...]

    @property
    def several(self) -> int:
        """Bytes of a row of several reports."""
        return PARTS * _SIZE * self.width

    def of_several(self, column: int) -> tuple[int, ...]:
        """Where the four values of a name begin in a row of several reports."""
        return tuple(_SIZE * (part * self.width + column) for part in range(PARTS))

    def of_one(self, column: int) -> tuple[int, ...]:
        """The same in a row of one report."""
        if column not in self.counters:
            return (_SIZE * column,) * PARTS
        rank, count = self.counters.index(column), len(self.counters)
        rate, raw = self.width + rank, self.width + count + rank
        return _SIZE * column, _SIZE * rate, _SIZE * rate, _SIZE * raw

    def unpack(self, cells: Sequence[bytes]) -> Matrices:
        """The matrices of whole rows."""
        found = np.empty((len(cells), PARTS, self.width))
        sizes = np.fromiter(map(len, cells), np.int64, len(cells))
        several = sizes == self.several
        found[several] = _joined(cells, several).reshape(-1, PARTS, self.width)
        one = _joined(cells, ~several).reshape(-1, self.width + 2 * len(self.counters))
        places = np.asarray([self.of_one(column) for column in range(self.width)], np.int64).T // _SIZE
        found[~several] = one[:, places]
        return found[:, 0], found[:, 1], found[:, 2], found[:, 3]


def _joined(cells: Sequence[bytes], chosen: npt.NDArray[np.bool_]) -> Floats:
    whole = b"".join(cells[at] for at in np.flatnonzero(chosen).tolist())
    return np.frombuffer(whole, ">f8").astype(np.float64)


def pack(n: Ints, matrices: Matrices, counters: Ints) -> Iterator[tuple[Ints, npt.NDArray[Any]]]:
    """Rows in up to two groups: the numbers of a group's rows, and their cells, a row of big-endian floats each.

    `n` counts the reports of each row, `counters` are the layout's columns of counters.
    """
    several, one = np.flatnonzero(n != 1), np.flatnonzero(n == 1)
    if len(several):
        yield several, np.concatenate([matrix[several] for matrix in matrices], axis=1).astype(">f8")
    if len(one):
        sums, _, maxs, lasts = matrices
        rest = [maxs[np.ix_(one, counters)], lasts[np.ix_(one, counters)]] if len(counters) else []
        yield one, np.concatenate([sums[one], *rest], axis=1).astype(">f8")


def picked(shape: Shape, columns: Sequence[int]) -> str:
    """SQL for the four values of each of `columns`, one after the other, out of `cells`."""

    def taken(places: Iterator[int]) -> str:
        return " || ".join(f"substr(cells, {place + 1:d}, {_SIZE})" for place in places)

    several = taken(place for column in columns for place in shape.of_several(column))
    one = taken(place for column in columns for place in shape.of_one(column))
    return f"CASE length(cells) WHEN {shape.several:d} THEN {several} ELSE {one} END"


def unpack_picked(rows: Sequence[bytes], columns: int) -> Matrices:
    """The matrices (rows by columns) of what `picked` gave."""
    found = np.frombuffer(b"".join(rows), ">f8").astype(np.float64).reshape(len(rows), columns, PARTS)
    return found[:, :, 0], found[:, :, 1], found[:, :, 2], found[:, :, 3]
