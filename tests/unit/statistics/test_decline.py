"""Slow declines: Mann and Kendall's test, Theil and Sen's slope, many monitors at once."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.multiplicity import discoveries
from vedette.statistics.trends.decline import declines, direction
from vedette.statistics.trends.normal import quantile, two_sided_p

values = st.lists(st.integers(0, 20).map(float), min_size=10, max_size=40)


def test_a_known_example_with_ties_is_met() -> None:
    # S by hand: of 45 pairs 39 rise, 3 are tied, 3 fall; Var = (10*9*25 - 3*2*1*9)/18.
    found = direction([1, 2, 2, 4, 3, 5, 5, 7, 6, 6])
    assert found is not None
    assert found.s == 36
    variance = (10 * 9 * 25 - 3 * (2 * 1 * 9)) / 18
    assert found.z == pytest.approx(35 / math.sqrt(variance))
    assert found.p == pytest.approx(math.erfc(35 / math.sqrt(2 * variance)))


@given(values)
def test_turning_time_around_turns_the_direction_around(daily: list[float]) -> None:
    there, back = direction(daily), direction(daily[::-1])
    assert there is not None
    assert back is not None
    assert (there.s, there.p) == (-back.s, back.p)
    assert there.slope == pytest.approx(-back.slope)


@given(values, st.floats(-1, 1))
def test_a_straight_line_added_is_added_to_the_slope(daily: list[float], slope: float) -> None:
    plain, tilted = direction(daily), direction([v + slope * day for day, v in enumerate(daily)])
    assert plain is not None
    assert tilted is not None
    assert tilted.slope == pytest.approx(plain.slope + slope, abs=1e-9)


def test_days_without_a_value_keep_their_place_in_time() -> None:
    daily = [0.95 - 0.001 * day for day in range(28)]
    for gap in (3, 4, 17):
        daily[gap] = math.nan
    found = direction(daily)
    assert found is not None
    assert found.slope == pytest.approx(-0.001)
    assert found.change == pytest.approx(-0.028)
    assert found.values == 25


def test_what_does_not_move_has_no_direction() -> None:
    found = direction([0.95] * 28)
    assert found is not None
    assert (found.s, found.z, found.p, found.slope) == (0, 0, 1, 0)


def test_few_days_say_nothing() -> None:
    assert direction([0.9] * 9 + [math.nan] * 19) is None


def test_false_discoveries_stay_below_their_rate() -> None:
    random = np.random.default_rng(3)
    false = 0
    for _ in range(40):
        fleet = random.normal(0.95, 0.003, (60, 28))
        false += bool(declines(list(fleet), practical=0.0, down_only=False))
    assert false <= 6  # 5 % of 40 runs would be 2


def test_true_declines_are_found_and_small_ones_are_not_worth_it() -> None:
    random = np.random.default_rng(4)
    days = np.arange(28)
    fleet = random.normal(0.95, 0.001, (40, 28))
    fleet[7] -= 0.001 * days
    fleet[8] += 0.001 * days
    fleet[9] -= 0.0001 * days
    assert [found.row for found in declines(list(fleet))] == [7]
    assert [found.row for found in declines(list(fleet), down_only=False)] == [7, 8]
    assert [found.row for found in declines(list(fleet), practical=0.001)] == [7, 9]


def test_benjamini_and_hochberg_s_own_example_is_met() -> None:
    p = [0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262, 0.5719, 0.6528]
    p += [0.7590, 1.0]
    assert discoveries(p, 0.05).tolist() == [True] * 4 + [False] * 11
    assert discoveries([math.nan, 0.001], 0.05).tolist() == [False, True]
    assert discoveries([], 0.05).tolist() == []


def test_wrong_arguments_are_refused() -> None:
    with pytest.raises(InvalidInput, match="rate"):
        discoveries([0.5], 0)
    with pytest.raises(InvalidInput, match="probability"):
        quantile(1)
    with pytest.raises(InvalidInput, match="daily"):
        direction([[1.0]])


def test_tails_and_quantiles_belong_together() -> None:
    assert two_sided_p(quantile(0.975)) == pytest.approx(0.05)
