"""Rates: p-values against scipy, and what tests with few outcomes use of their level."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.rates import beyond_range_p, beyond_range_used, rates_p, rates_used
from vedette.statistics.drift.verdict import Plan, judge

levels = st.sampled_from([0.05, 0.025, 0.01, 0.00025])


@given(st.integers(0, 30), st.integers(1, 60), st.integers(0, 30), st.integers(1, 60))
def test_rates_agree_with_fisher_s_exact_test_up_to_half_of_the_last_step(a: int, n: int, b: int, m: int) -> None:
    a, b = min(a, n), min(b, m)
    p = rates_p(a, n, b, m)
    if a + b in (0, n + m):
        assert p is None
        return
    assert p is not None
    fisher = float(stats.fisher_exact([[a, n - a], [b, m - b]]).pvalue)
    assert fisher / 2 - 1e-9 <= p <= fisher + 1e-9


def test_rates_of_many_rows_are_quick_and_right() -> None:
    p = rates_p(50_000, 1_000_000, 10_500, 200_000)
    z = (0.0525 - 0.05) / math.sqrt(60_500 / 1.2e6 * (1 - 60_500 / 1.2e6) * (1e-6 + 5e-6))
    assert p == pytest.approx(2 * stats.norm.sf(z), rel=0.15)
    far = rates_p(0, 100_000, 90_000, 100_000)
    assert far is not None
    assert far < 1e-200


@given(st.integers(0, 200), st.integers(1, 300), st.integers(2, 300))
def test_numbers_beyond_the_range_are_beta_binomial(beyond: int, window: int, reference: int) -> None:
    beyond = min(beyond, window)
    p = beyond_range_p(beyond, window, reference)
    null = stats.betabinom(window, 2, reference - 1)
    assert p == pytest.approx(null.sf(beyond) + null.pmf(beyond) / 2, rel=1e-4, abs=1e-12)


@given(st.integers(1, 40), st.integers(1, 60), st.integers(1, 60), levels)
def test_a_rate_s_test_uses_what_quiet_outcomes_it_allows(both: int, n: int, m: int, level: float) -> None:
    both = min(both, n + m - 1)
    numbers = np.arange(max(0, both - n), min(both, m) + 1)
    chances = stats.hypergeom(n + m, both, m).pmf(numbers)
    tails = np.array([chances[chances <= chance * (1 + 1e-6)].sum() for chance in chances])
    expected = float(chances[tails <= level].sum())
    assert rates_used(both, n, m, level) == pytest.approx(expected, abs=1e-9)
    for number, tail in zip(numbers.tolist(), tails.tolist(), strict=True):  # the same outcomes are believed by mid-p
        p = rates_p(both - number, n, number, m)
        if p is not None and abs(tail - level) > 1e-6 and expected:
            assert (p <= expected * (1 + 1e-9)) == (tail <= level)


@given(st.integers(1, 400), st.integers(2, 400), levels)
def test_a_range_s_test_uses_the_tails_of_its_beta_binomial(window: int, reference: int, level: float) -> None:
    tails = stats.betabinom(window, 2, reference - 1).sf(np.arange(window + 1))
    allowed = tails[tails <= level * (1 - 1e-9)]
    used = beyond_range_used(window, reference, level)
    assert used <= level
    if not (abs(tails - level) < 1e-9).any():
        assert used == pytest.approx(max(0.0, float(allowed[0])), abs=1e-9)


def test_of_many_rows_nothing_is_left() -> None:
    assert rates_used(60_500, 1_000_000, 200_000, 0.01) == 0.01


@pytest.mark.parametrize(("reference", "window", "references"), [(100_000, 50, 10), (10_000, 200, 1500)])
def test_quiet_verdicts_alarm_as_often_as_asked_though_nearly_no_number_is_out_of_range(
    reference: int, window: int, references: int
) -> None:
    random = np.random.default_rng([7, reference, window])
    plan, windows = Plan(needed=1, reference=1), 1500
    alarms = 0
    for _ in range(references):
        profile = fit("x", random.normal(size=reference), "numeric")
        for _ in range(windows // references):
            counts = profile.count(random.normal(size=window))
            alarms += judge([profile], {"x": counts}, plan)[0].state == "drift"
    # A quarter of 5 %, and two errors of counting so many windows. With equal shares the first would have 0.02.
    assert abs(alarms / windows - 0.05) < 0.0125 + 2 * math.sqrt(0.05 * 0.95 / windows)
