"""Quantiles of many sketches against merging them one by one."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from vedette.statistics.quantiles import quantiles
from vedette.statistics.sketch import Sketch

SHARES = (0.0, 0.5, 0.95, 0.99, 1.0)
values = st.sampled_from([0.0, 1e-3, 1.0, 150.0, 151.0, 3e4]) | st.floats(1e-3, 1e5)
members = st.lists(st.tuples(st.integers(0, 4), st.lists(values, max_size=20), st.sampled_from([1, 300, 70_000])))


def sketch(numbers: list[float], times: int = 1) -> bytes:
    """Each value so many times: the form of a sketch follows from its largest count."""
    found = Sketch()
    found.add(numbers)
    found._positive.counts *= times
    found.zeros *= times
    return found.to_bytes()


def expected(parts: list[tuple[int, bytes]], groups: int) -> list[list[float | None]]:
    merged = [Sketch.merged(one for number, one in parts if number == group) for group in range(groups)]
    return [[one.quantile(share) for one in merged] for share in SHARES]


def found(parts: list[tuple[int, bytes]], groups: int) -> list[list[float | None]]:
    group = np.array([number for number, _ in parts], np.int64)
    rows = quantiles([one for _, one in parts], group, groups, SHARES)
    return [[None if np.isnan(value) else value for value in row] for row in rows.tolist()]


@given(members)
@settings(max_examples=100, deadline=None, phases=(Phase.explicit, Phase.generate))
def test_groups_have_the_quantiles_of_their_merged_sketches(
    given_members: list[tuple[int, list[float], int]],
) -> None:
    parts = [(group, sketch(numbers, times)) for group, numbers, times in given_members]
    assert found(parts, 5) == expected(parts, 5)


@pytest.mark.parametrize("odd", [-5.0, 1e-300, 1e200])
def test_values_that_need_the_slow_way_are_right_too(odd: float) -> None:
    parts = [(0, sketch([odd, 1.0])), (1, sketch([2.0]))]
    assert found(parts, 2) == expected(parts, 2)


def test_nothing_and_nan_alone_have_no_quantile() -> None:
    assert np.isnan(quantiles([], np.zeros(0, np.int64), 2, [0.5])).all()
    nan = Sketch()
    nan.add([float("nan")])
    assert np.isnan(quantiles([nan.to_bytes()], np.zeros(1, np.int64), 1, [0.5])).all()
