"""Matrices of values as Parquet's columns: numbers that are whole, or decimals of few places, apart from the others.

A column of a block is one series over time. Where every value of it is exactly a whole number divided by a power of
ten, the whole numbers are kept, split by bytes: of slowly moving numbers the high bytes hardly change. All others are
kept as they are. Either way, each value comes back with the same 64 bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Scales = npt.NDArray[np.int8]

PLACES = 4
"""Most decimal places that are looked for."""
AS_IT_IS = -1
_EXACT = float(1 << 53)


@dataclass(frozen=True, slots=True)
class Packed:
    """One block: a scale per series (`AS_IT_IS`, or the power of ten), and its values, series after series."""

    scales: Scales
    whole: Ints
    floats: Floats


def pack(blocks: Sequence[Floats]) -> list[Packed]:
    """Blocks of one layout, each reports by series, packed."""
    starts = np.cumsum([0, *(len(block) for block in blocks[:-1])])
    scales = _scales(np.concatenate(blocks), starts)
    return [_packed(block, scale) for block, scale in zip(blocks, scales, strict=True)]


def _packed(block: Floats, scales: Scales) -> Packed:
    is_whole = scales != AS_IT_IS
    series = block.T
    powers = 10.0 ** scales[is_whole][:, None]
    return Packed(scales, np.rint(series[is_whole] * powers).astype(np.int64).ravel(), series[~is_whole].ravel())


def _scales(values: Floats, starts: Ints) -> npt.NDArray[np.int8]:
    """For each block and series the smallest power of ten that makes all its values whole, exactly."""
    found = np.full((len(starts), values.shape[1]), AS_IT_IS, np.int8)
    for places in range(PLACES + 1):
        columns = np.flatnonzero((found == AS_IT_IS).any(axis=0))
        if not len(columns):
            break
        some = np.ascontiguousarray(values[:, columns])
        with np.errstate(invalid="ignore", over="ignore"):
            scaled = np.rint(some * 10.0**places)
            exact = np.abs(scaled) < _EXACT
        back = np.where(exact, scaled, 0.0).astype(np.int64) / 10.0**places
        exact &= back.view(np.int64) == some.view(np.int64)  # bits: there are two zeros
        whole = np.logical_and.reduceat(exact, starts, axis=0)
        block, column = np.nonzero(whole & (found[:, columns] == AS_IT_IS))
        found[block, columns[column]] = places
    return found


def unpack(packed: Packed) -> Floats:
    """The block, reports by series."""
    is_whole = packed.scales != AS_IT_IS
    width = len(packed.scales)
    reports = (len(packed.whole) + len(packed.floats)) // width
    series = np.empty((width, reports))
    powers = 10.0 ** packed.scales[is_whole][:, None]
    series[is_whole] = packed.whole.reshape(-1, reports) / powers
    series[~is_whole] = packed.floats.reshape(-1, reports)
    return np.ascontiguousarray(series.T)
