"""The score of a change: its factors, and that noise and bursts are hardly ever called a change."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vedette.situations.score import KINSHIP, SMALLEST, Floats, deviations, nearness_of, scored, size_of

MINUTE_MS = 60_000
SERIES = 2000
FINITE = st.floats(allow_nan=False, allow_infinity=False)


def off(values: Floats) -> float:
    """The share of series that are called moved, of forty minutes and then ten."""
    return float(np.mean(np.abs(deviations(values[:40], values[40:])[0]) >= SMALLEST))


def test_nearness_is_whole_at_the_beginning_and_half_where_it_is_said() -> None:
    assert nearness_of(0, 0) == 1
    assert nearness_of(-30 * MINUTE_MS, 0) == nearness_of(10 * MINUTE_MS, 0) == 0.5
    assert nearness_of(-MINUTE_MS, 0) > nearness_of(MINUTE_MS, 0)


def test_size_grows_with_the_deviation_up_to_one() -> None:
    assert (size_of(0), size_of(6), size_of(-6)) == (0, 0.5, 0.5)
    assert size_of(3) == pytest.approx(1 / 3)
    assert size_of(1e9) == pytest.approx(1)


def test_a_score_is_the_product_of_what_it_tells() -> None:
    found = scored(0.5, 0.8, "akin")
    assert found == {"score": 0.28, "size": 0.5, "nearness": 0.8, "kin": "akin", "kinship": 0.7}
    assert sorted(KINSHIP.values()) == [0.4, 0.7, 1.0]


def test_what_does_not_change_is_hardly_ever_called_moved() -> None:
    chance = np.random.default_rng(1)
    shape = (50, SERIES)
    assert off(1 + 0.1 * chance.standard_normal(shape)) < 0.001
    assert off(np.exp(chance.standard_normal(shape))) < 0.01
    assert off(np.exp(2 * chance.standard_normal(shape))) < 0.01
    idle = 0.01 * chance.random(shape)
    assert off(idle + 100 * (chance.random(shape) < 0.05)) < 0.005
    assert off(idle + 100 * (chance.random(shape) < 0.2)) < 0.06


def test_a_shift_is_found_even_if_it_began_fifteen_minutes_before() -> None:
    chance = np.random.default_rng(2)
    for already in (0, 5, 10, 15):
        values = 1 + 0.1 * chance.standard_normal((50, SERIES))
        values[40 - already :] += 1
        assert off(values) > 0.8


def test_fewer_than_five_minutes_count_in_proportion() -> None:
    before, after = np.ones((40, 1)) + 0.1 * (np.arange(40)[:, None] % 3), np.full((10, 1), 9.0)
    whole = deviations(before, after)[0]
    assert deviations(before, after[:1])[0] == pytest.approx(whole / 5)
    assert deviations(before, after[:5])[0] == pytest.approx(whole)


def test_what_was_nothing_is_off_by_twenty_at_most() -> None:
    moved, usual, now = deviations(np.zeros((40, 2)), np.array([[0.0, 7.0]] * 10))
    assert moved.tolist() == [0, pytest.approx(20)]
    assert (usual.tolist(), now.tolist()) == ([0, 0], [0, 7])


@given(arrays.arrays(np.float64, (12, 3), elements=FINITE), arrays.arrays(np.float64, (4, 3), elements=FINITE))
def test_any_numbers_give_numbers(before: Floats, after: Floats) -> None:
    moved, usual, now = deviations(before, after)
    assert np.isfinite(moved).all()
    assert not ((moved > 0) & (now < usual) | (moved < 0) & (now > usual)).any()
