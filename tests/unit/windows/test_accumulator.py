"""Accumulators: merging, growing, and what has changed."""

from __future__ import annotations

import pickle

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vedette.windows.accumulator import Cells, Window


def cells(*reports: tuple[int, int, float]) -> Cells:
    """Cells of one report each: (source, time, value), width 1; sources are unique."""
    sources, times, values = (list(part) for part in zip(*reports, strict=True))
    matrix = np.asarray(values, np.float64)[:, None]
    return Cells(
        np.asarray(sources), np.ones(len(sources), np.int64), np.asarray(times), matrix, matrix, matrix, matrix
    )


def rows(found: Cells | None) -> dict[int, tuple[int, float, float, float, float]]:
    if found is None:
        return {}
    columns = (found.sums, found.mins, found.maxs, found.lasts)
    return {
        source: (int(found.n[row]), *(float(column[row, 0]) for column in columns))  # type: ignore[misc]
        for row, source in enumerate(found.sources.tolist())
    }


def test_merging_adds_and_keeps_extremes_and_the_newest_value() -> None:
    window = Window(1)
    for report in ((1, 20, 5.0), (1, 10, -3.0), (1, 30, 4.0), (2, 1, 7.0)):
        window.merge(cells(report))
    assert rows(window.take_dirty()) == {1: (3, 6.0, -3.0, 5.0, 4.0), 2: (1, 7.0, 7.0, 7.0, 7.0)}


def test_of_two_values_of_the_same_time_the_later_arrival_is_the_last() -> None:
    window = Window(1)
    window.merge(cells((1, 10, 1.0)))
    window.merge(cells((1, 10, 2.0)))
    assert rows(window.take_dirty())[1][4] == 2.0


def test_a_window_grows_past_its_first_rows_and_loses_none() -> None:
    window = Window(1)
    for source in range(100):
        window.merge(cells((source, 1, float(source)), (source + 1000, 1, 0.5)))
    found = rows(window.take_dirty())
    assert len(window) == len(found) == 200
    assert all(found[source] == (1, source, source, source, source) for source in range(100))


def test_what_was_taken_is_no_longer_changed_until_it_is_merged_again() -> None:
    window = Window(1)
    window.merge(cells((1, 1, 1.0), (2, 1, 1.0)))
    assert rows(window.take_dirty(np.array([True, False]))).keys() == {1}
    assert rows(window.take_dirty()).keys() == {2}
    assert window.take_dirty() is None
    window.merge(cells((1, 2, 1.0)))
    assert rows(window.take_dirty()).keys() == {1}


def test_removing_tells_which_rows_had_changed_and_leaves_the_others() -> None:
    window = Window(1)
    window.merge(cells(*((source, 1, float(source)) for source in range(20))))
    window.take_dirty()
    window.merge(cells((3, 2, 1.0), (15, 2, 1.0)))
    taken, dirty = window.remove(window.sources < 10)
    assert taken.sources[dirty].tolist() == [3]
    assert len(window) == 10
    assert rows(window.take_dirty()).keys() == {15}


def test_a_window_that_was_emptied_takes_rows_again() -> None:
    window = Window(1)
    window.merge(cells((1, 1, 1.0)))
    window.remove(np.array([True]))
    for source in range(30):
        window.merge(cells((source, 1, 2.0)))
    assert rows(window.take_dirty()) == dict.fromkeys(range(30), (1, 2.0, 2.0, 2.0, 2.0))


reports = st.lists(st.tuples(st.integers(0, 15), st.integers(0, 50), st.integers(-9, 9).map(float)))


@given(reports, st.sets(st.integers(0, 60)))
def test_a_restart_at_any_point_changes_nothing(stream: list[tuple[int, int, float]], restarts: set[int]) -> None:
    whole, parts = Window(1), Window(1)
    for at, report in enumerate(stream):
        whole.merge(cells(report))
        parts.merge(cells(report))
        if at in restarts:
            parts = pickle.loads(pickle.dumps(parts))
    assert rows(whole.take_dirty()) == rows(parts.take_dirty())


@given(reports, st.integers(0, 40))
def test_windows_merge_into_what_one_window_would_hold(stream: list[tuple[int, int, float]], split: int) -> None:
    whole, first, second = Window(1), Window(1), Window(1)
    for at, report in enumerate(stream):
        whole.merge(cells(report))
        (first if at < split else second).merge(cells(report))
    if len(second):
        first.merge(second.select(np.ones(len(second), np.bool_)))
    assert rows(whole.take_dirty()) == rows(first.take_dirty())


def test_rows_are_fresh_until_they_were_read_out_once() -> None:
    window = Window(1)
    window.merge(cells((1, 10, 1.0)))
    first = window.take_dirty()
    assert first is not None
    assert first.fresh
    window.merge(cells((1, 20, 2.0)))
    window.merge(cells((2, 10, 2.0)))
    again = window.take_dirty()
    assert again is not None
    assert not again.fresh
    window.merge(cells((3, 10, 2.0)))
    taken, _ = window.remove(window.sources == 3)
    assert taken.fresh
    window.merge(cells((1, 30, 3.0)))
    taken, dirty = window.remove(window.sources == 1)
    assert dirty.all()
    assert not taken.fresh


def test_after_a_restart_no_row_counts_as_fresh() -> None:
    window = Window(1)
    window.merge(cells((1, 10, 1.0)))
    again = pickle.loads(pickle.dumps(window))
    found = again.take_dirty()
    assert found is not None
    assert not found.fresh
