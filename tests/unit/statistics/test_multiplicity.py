"""Many tests: adjusted p-values."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import false_discovery_control

from vedette.statistics.multiplicity import benjamini_hochberg, discoveries, holm, share_out

p_values = st.lists(st.floats(0, 1), max_size=30)


@given(p_values)
def test_benjamini_and_hochberg_agree_with_scipy(p: list[float]) -> None:
    expected = false_discovery_control(p) if p else []
    np.testing.assert_allclose(benjamini_hochberg(p), expected, atol=1e-12)


@given(p_values, st.floats(0.01, 0.5))
def test_adjusted_p_values_and_discoveries_agree(p: list[float], rate: float) -> None:
    adjusted = benjamini_hochberg(p)
    clear = np.abs(adjusted - rate) > 1e-9
    assert ((adjusted <= rate) == discoveries(p, rate))[clear].all()


@given(p_values)
def test_holm_is_between_benjamini_and_hochberg_and_bonferroni(p: list[float]) -> None:
    adjusted = holm(p)
    assert (adjusted >= benjamini_hochberg(p) - 1e-12).all()
    assert (adjusted <= np.minimum(np.array(p) * len(p), 1) + 1e-12).all()


def test_holm_s_steps_are_the_textbook_s() -> None:
    np.testing.assert_allclose(holm([0.01, 0.04, 0.03, 0.005]), [0.03, 0.06, 0.06, 0.02])


def test_what_was_not_tested_is_not_counted() -> None:
    np.testing.assert_allclose(benjamini_hochberg([math.nan, 0.02, 0.5]), [math.nan, 0.04, 0.5])
    np.testing.assert_allclose(holm([math.nan, 0.02, 0.5]), [math.nan, 0.04, 0.5])


@given(st.lists(st.one_of(st.just(math.nan), st.floats(0, 0.01)), min_size=1, max_size=30))
def test_what_some_leave_of_their_share_others_use(used: list[float]) -> None:
    weights = share_out(used, 0.01)
    assert np.isclose(weights.sum(), len(used))
    takers = np.isnan(used)
    assert (weights[takers] >= 1 - 1e-9).all()
    if takers.any():
        np.testing.assert_allclose(weights[~takers] * 0.01, np.maximum(np.array(used)[~takers], 0.0025))


def test_weights_share_out_the_level_and_no_value_falls_below_its_p() -> None:
    p = [0.04, 0.2, 0.001]
    np.testing.assert_allclose(benjamini_hochberg(p, [2, 0, 1]), [0.04, 1, 0.003])
    np.testing.assert_allclose(holm(p, [2, 0, 1]), [0.04, 1, 0.003])
    np.testing.assert_allclose(holm([0.01, 0.02, 0.3], [1.5, 0.5, 1]), [0.02, 0.06, 0.3])


@given(p_values)
def test_equal_weights_are_none(p: list[float]) -> None:
    np.testing.assert_allclose(benjamini_hochberg(p, np.ones(len(p))), benjamini_hochberg(p))
    np.testing.assert_allclose(holm(p, np.ones(len(p))), holm(p))
