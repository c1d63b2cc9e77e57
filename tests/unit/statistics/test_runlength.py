"""Average run lengths and thresholds, against published tables and simulation."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.trends.runlength import (
    ratio_increments,
    ratio_threshold,
    ratio_weights,
    run_length,
    score_threshold,
    siegmund,
    threshold_for,
)
from vedette.statistics.trends.trinomial import Floats, Trinomial

REFERENCE = Trinomial(0.91, 0.08, 0.01)
GRID = np.linspace(-8, 8, 641)


def normal(mean: float) -> Floats:
    weights = np.exp(-((GRID - mean) ** 2) / 2)
    return np.asarray(weights / weights.sum())


@pytest.mark.parametrize(("mean", "expected"), [(0, 168), (0.25, 74.2), (0.5, 26.6), (1, 8.38), (2, 3.34), (3, 2.19)])
def test_the_two_sided_normal_table_is_met(mean: float, expected: float) -> None:
    up = run_length(GRID - 0.5, normal(mean), 4)
    down = run_length(-GRID - 0.5, normal(mean), 4)
    assert 1 / (1 / up + 1 / down) == pytest.approx(expected, rel=0.004)


def test_normal_thresholds_promise_931_buckets_where_a_skewed_trinomial_gives_413() -> None:
    assert run_length(GRID - 0.5, normal(0), 5) == pytest.approx(931, rel=0.01)
    z, probabilities = REFERENCE.standardised(25)
    assert run_length(-z - 0.5, probabilities, 5) == pytest.approx(413, rel=0.03)


def test_siegmund_s_approximation_is_near_the_chain_for_normal_values() -> None:
    assert siegmund(0, 0.5, 5) == pytest.approx(run_length(GRID - 0.5, normal(0), 5), rel=0.03)
    assert siegmund(0.5, 0.5, 5) == pytest.approx(6.166**2)


def test_the_chain_agrees_with_simulation() -> None:
    random = np.random.default_rng(5)
    z, probabilities = REFERENCE.standardised(25)
    statistic, alarms, steps = np.zeros(4000), 0, 600
    for _ in range(steps):
        statistic = np.maximum(statistic - random.choice(z, 4000, p=probabilities) - 0.5, 0)
        over = statistic > 3
        alarms += int(over.sum())
        statistic[over] = 0
    assert 4000 * steps / alarms == pytest.approx(run_length(-z - 0.5, probabilities, 3), rel=0.03)


@settings(max_examples=6, deadline=None)
@given(st.integers(80, 99), st.integers(10, 40), st.floats(0.1, 0.6), st.floats(50, 1e4))
def test_a_threshold_has_the_run_length_asked_for(good: int, checks: int, k: float, wanted: float) -> None:
    z, probabilities = Trinomial.of_counts(good, 90 - good / 2, 1).standardised(checks)
    height = threshold_for(-z - k, probabilities, wanted)
    assert run_length(-z - k, probabilities, height * 0.96) <= wanted * 1.02
    assert run_length(-z - k, probabilities, height * 1.04) >= wanted / 1.02


def test_the_reference_page_s_threshold_for_one_false_alarm_in_thirty_days() -> None:
    assert score_threshold(REFERENCE, 25, 0.151, 8640) == pytest.approx(19.8, rel=0.01)


def test_the_logarithm_of_the_run_length_is_far_too_careful_a_ratio_threshold() -> None:
    changed = REFERENCE.shifted(-0.01)
    increments, probabilities = ratio_increments(REFERENCE, changed, 25, REFERENCE)
    careful = run_length(increments, probabilities, math.log(8640)) / 8640
    assert 20 < careful < 45
    height = ratio_threshold(REFERENCE, changed, 25, 8640)
    assert run_length(increments, probabilities, height) == pytest.approx(8640, rel=0.01)


def test_the_ratio_of_a_tilt_is_the_score_s() -> None:
    first, second, third = ratio_weights(REFERENCE, REFERENCE.shifted(-0.01))
    assert second - first == pytest.approx(third - second)


def test_ratio_increments_have_a_mean_of_at_least_zero_only_after_the_change() -> None:
    changed = REFERENCE.shifted(-0.01)
    for true, sign in ((REFERENCE, -1), (changed, 1)):
        increments, probabilities = ratio_increments(REFERENCE, changed, 25, true)
        assert sign * float(increments @ probabilities) > 0


def test_what_never_rises_never_alarms() -> None:
    assert run_length(np.array([-1.0, -2.0]), np.array([0.5, 0.5]), 3) == math.inf


def test_a_start_further_up_alarms_sooner() -> None:
    lengths = [run_length(GRID - 0.5, normal(0), 4, start) for start in (0, 1, 2, 3, 4)]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("threshold", [0.0, -1.0])
def test_a_threshold_of_nothing_is_refused(threshold: float) -> None:
    with pytest.raises(InvalidInput, match="threshold"):
        run_length(GRID, normal(0), threshold)


def test_impossible_wishes_are_refused() -> None:
    with pytest.raises(InvalidInput, match="average run length"):
        threshold_for(GRID - 0.5, normal(0), 1)
    with pytest.raises(InvalidInput, match="increments"):
        threshold_for(np.array([-1.0]), np.array([1.0]), 100)
    with pytest.raises(InvalidInput, match="start"):
        run_length(GRID - 0.5, normal(0), 4, 5)
    with pytest.raises(InvalidInput, match="zero for both"):
        ratio_weights(Trinomial(0.9, 0.1, 0), Trinomial(0.9, 0.05, 0.05))
