"""Edges: the strategies, and what does not vary."""

from __future__ import annotations

import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.drift.bins import MOST_BINS, Strategy, equal_width_bins, inner_edges, manual

finite = st.floats(allow_nan=False, allow_infinity=False)


def test_quartiles_of_one_to_eight_are_the_textbook_s() -> None:
    assert inner_edges(range(1, 9), bins=4).tolist() == [2.75, 4.5, 6.25]


@pytest.mark.parametrize(
    ("strategy", "bins"), [("square_root", 12), ("sturges", 8), ("rice", 10), ("terrell_scott", 6)]
)
def test_numbers_of_bins_by_sample_size_for_125_values(strategy: Strategy, bins: int) -> None:
    assert equal_width_bins(np.arange(125.0), strategy) == bins


@pytest.mark.parametrize("strategy", ["doane", "sturges"])
def test_numbers_of_bins_agree_with_numpy_s(strategy: Strategy) -> None:
    values = np.random.default_rng(1).exponential(size=1000)
    assert equal_width_bins(values, strategy) == pytest.approx(len(np.histogram_bin_edges(values, strategy)) - 1, abs=1)


def test_freedman_and_diaconis_agrees_with_numpy() -> None:
    values = np.random.default_rng(1).normal(size=500)
    assert equal_width_bins(values, "freedman_diaconis") == len(np.histogram_bin_edges(values, "fd")) - 1


@given(st.lists(finite, max_size=60), st.sampled_from(get_args(Strategy)))
def test_edges_increase_and_lie_within_the_values(values: list[float], strategy: Strategy) -> None:
    edges = inner_edges(values, strategy)
    assert len(edges) < MOST_BINS
    assert (np.diff(edges) > 0).all()
    if values:
        assert ((edges >= min(values)) & (edges <= max(values))).all()


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_constants_and_nothing_have_no_edges(strategy: Strategy) -> None:
    assert not len(inner_edges([5.0] * 100, strategy))
    assert not len(inner_edges([], strategy))


def test_half_of_all_values_being_one_does_not_make_fifty_bins_of_nothing() -> None:
    values = [0.0] * 900 + list(np.linspace(0, 10, 100))
    assert 1 < equal_width_bins(np.asarray(values), "freedman_diaconis") <= MOST_BINS


def test_manual_edges_are_sorted_and_checked() -> None:
    assert manual([3, 1, 1]).tolist() == [1.0, 3.0]
    for wrong in ([], [math.nan], [math.inf], range(60)):
        with pytest.raises(InvalidInput, match="edges"):
            manual(list(wrong))


def test_what_is_no_strategy_is_refused() -> None:
    with pytest.raises(InvalidInput, match="strategy"):
        inner_edges([1.0, 2.0], "guess")  # type: ignore[arg-type] # on purpose
    with pytest.raises(InvalidInput, match="bins"):
        inner_edges([1.0, 2.0], bins=1)
