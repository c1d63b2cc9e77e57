"""Cells: whatever is packed comes out again, whole or piece by piece."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.store.cells import PARTS, Matrices, Shape, pack, unpack_picked

FLOATS = st.floats(allow_infinity=False)


@st.composite
def rows(draw: st.DrawFn) -> tuple[Shape, np.ndarray, Matrices]:
    """Rows as a shard puts them out: where there was one report, a gauge has one value, a counter one rate."""
    width = draw(st.integers(1, 5))
    counters = tuple(sorted(draw(st.sets(st.integers(0, width - 1)))))
    n = np.array(draw(st.lists(st.integers(1, 3), min_size=1, max_size=6)), np.int64)
    cube = np.array(draw(st.lists(FLOATS, min_size=len(n) * PARTS * width, max_size=len(n) * PARTS * width)))
    parts = cube.reshape(PARTS, len(n), width)
    one = n == 1
    gauges = [at for at in range(width) if at not in counters]
    for part in (1, 2, 3):
        parts[np.ix_([part], one, gauges)] = parts[np.ix_([0], one, gauges)]
    parts[np.ix_([1], one, list(counters))] = parts[np.ix_([2], one, list(counters))]
    return Shape(width, counters), n, (parts[0], parts[1], parts[2], parts[3])


def packed_cells(shape: Shape, n: np.ndarray, matrices: Matrices) -> list[bytes]:
    found: dict[int, bytes] = {}
    for chosen, cells in pack(n, matrices, np.array(shape.counters, np.int64)):
        found |= {int(row): cells[at].tobytes() for at, row in enumerate(chosen)}
    return [found[row] for row in range(len(n))]


@given(rows())
def test_whole_rows_come_out_as_they_went_in(case: tuple[Shape, np.ndarray, Matrices]) -> None:
    shape, n, matrices = case
    found = shape.unpack(packed_cells(shape, n, matrices))
    for was, now in zip(matrices, found, strict=True):
        np.testing.assert_array_equal(was, now)


@given(rows(), st.data())
def test_single_series_are_cut_out_at_their_places(
    case: tuple[Shape, np.ndarray, Matrices], data: st.DataObject
) -> None:
    shape, n, matrices = case
    columns = data.draw(st.lists(st.integers(0, shape.width - 1), min_size=1, max_size=3, unique=True))
    cut = []
    for cells in packed_cells(shape, n, matrices):
        places = shape.of_several if len(cells) == shape.several else shape.of_one
        cut.append(b"".join(cells[at : at + 8] for column in columns for at in places(column)))
    for was, now in zip(matrices, unpack_picked(cut, len(columns)), strict=True):
        np.testing.assert_array_equal(was[:, columns], now)


def test_a_report_of_gauges_takes_eight_bytes_a_name() -> None:
    matrix = np.ones((1, 100))
    ((_, cells),) = pack(np.array([1]), (matrix, matrix, matrix, matrix), np.array([], np.int64))
    assert cells.nbytes == 800
