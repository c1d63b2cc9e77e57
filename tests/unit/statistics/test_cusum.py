"""Cumulative sums of one monitor."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.trends.cusum import RatioCusum, ScoreCusum, Side
from vedette.statistics.trends.runlength import ratio_weights
from vedette.statistics.trends.trinomial import Trinomial

REFERENCE = Trinomial(0.91, 0.08, 0.01)


def test_the_published_vector_is_met() -> None:
    chart = ScoreCusum(REFERENCE, 0.5, 100, 100)
    found = [chart.take_z(z)[1].statistic for z in (0.2, -0.5, 1.2, 0.9, 1.5, 0.4, 2.1, 1.0, -0.3, 1.8)]
    assert found == pytest.approx([0, 0, 0.7, 1.1, 2.1, 2.0, 3.6, 4.1, 3.3, 4.6])


@given(st.lists(st.floats(-5, 5), max_size=60))
def test_the_sum_is_the_largest_of_all_sums_that_end_now(increments: list[float]) -> None:
    side = Side(1e9)
    for end, increment in enumerate(increments, 1):
        step = side.add(increment)
        best = max([0.0, *(sum(increments[start:end]) for start in range(end))])
        assert step.statistic == pytest.approx(best, abs=1e-9)


def test_an_alarm_tells_its_age_and_begins_anew() -> None:
    side = Side(2.5)
    steps = [side.add(increment) for increment in (-1, 1, 1, 1, 1)]
    assert [step.alarm for step in steps] == [False, False, False, True, False]
    assert steps[3].age == 3
    assert steps[4].statistic == 1


def test_a_fall_of_the_apdex_moves_the_lower_side_only() -> None:
    chart = ScoreCusum(REFERENCE, 0.15, 20, 20)
    found = chart.take((20, 3, 2))
    assert found is not None
    down, up = found
    assert down.statistic > 0
    assert up.statistic == 0


def test_an_empty_bucket_changes_nothing() -> None:
    assert ScoreCusum(REFERENCE, 0.15, 20, 20).take((0, 0, 0)) is None
    assert RatioCusum(REFERENCE, REFERENCE.shifted(-0.01), 5).take((0, 0, 0)).statistic == 0


def test_the_ratio_sums_the_logarithms_of_the_shares() -> None:
    changed = REFERENCE.shifted(-0.01)
    weights = ratio_weights(REFERENCE, changed)
    found = RatioCusum(REFERENCE, changed, 5).take((20, 3, 2))
    assert found.statistic == pytest.approx(20 * weights[0] + 3 * weights[1] + 2 * weights[2])


def test_a_pickled_sum_goes_on_where_it_was() -> None:
    chart = ScoreCusum(REFERENCE, 0.15, 20, 20)
    chart.take((20, 3, 2))
    again = pickle.loads(pickle.dumps(chart))
    assert again.take((22, 2, 1)) == chart.take((22, 2, 1))


def test_wrong_thresholds_and_references_are_refused() -> None:
    with pytest.raises(InvalidInput, match="threshold"):
        Side(0)
    with pytest.raises(InvalidInput, match="reference"):
        ScoreCusum(Trinomial(1, 0, 0), 0.5, 4, 4)
