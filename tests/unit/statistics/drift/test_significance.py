"""p-values: against scipy, against simulation, and at their edges."""

from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from vedette.statistics.drift.counts import Moments
from vedette.statistics.drift.distances import psi_terms
from vedette.statistics.drift.nulls import pooled
from vedette.statistics.drift.significance import (
    chi_square_test,
    deviation_ratio,
    ks_test,
    mean_shift,
    psi_test,
)
from vedette.statistics.drift.thresholds import psi_p, psi_threshold, smallest_window


def quiet_p(reference: int, window: int, times: int) -> list[float]:
    """Of windows of the reference's own distribution, in ten quantile bins."""
    random = np.random.default_rng(reference + window)
    spacings = np.full(10, (reference - 1) / 10)
    spacings[[0, -1]] += 1
    found = []
    for shares in random.dirichlet(spacings, times):
        tested = psi_test([reference / 10] * 10, random.multinomial(window, shares), is_spaced=True)
        assert tested is not None
        found.append(tested.p)
    return found


@pytest.mark.parametrize(("reference", "window"), [(200, 200), (1000, 50), (10_000, 10_000)])
def test_quiet_windows_are_below_a_level_as_often_as_it_says(reference: int, window: int) -> None:
    p = np.array(quiet_p(reference, window, 400))
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.033)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.07)


def test_a_small_table_has_the_tail_of_all_its_outcomes() -> None:
    totals, window, reference = np.array([30, 24, 18]), 30, 42
    null = pooled(totals, window, reference, lambda y, c: psi_terms(y, c, window, reference, 3))
    values, chances = [], []
    for a in range(31):
        for b in range(25):
            c = window - a - b
            if 0 <= c <= 18:
                y = np.array([a, b, c], float)
                values.append(psi_terms(y, totals - y, window, reference, 3).sum())
                chances.append(math.comb(30, a) * math.comb(24, b) * math.comb(18, c) / math.comb(72, 30))
    statistic, probability = np.array(values), np.array(chances)
    assert probability.sum() == pytest.approx(1)
    for p in (0.1, 0.02, 0.002):
        order = np.argsort(-statistic)
        at = statistic[order][np.searchsorted(np.cumsum(probability[order]), p)]
        exact = probability[statistic > at + 1e-9].sum() + probability[np.abs(statistic - at) <= 1e-9].sum() / 2
        assert null.tail(float(at)) == pytest.approx(exact, rel=0.15)  # steps are smoothed a little


@pytest.mark.parametrize("is_spaced", [True, False])
def test_many_values_have_the_chi_square_threshold(is_spaced: bool) -> None:
    window = np.full(10, 20_000)
    window[:2] += [300, -300]
    tested = psi_test([10_000] * 10, window, is_spaced=is_spaced)
    assert tested is not None
    assert tested.threshold == pytest.approx(psi_threshold(10, 200_000, 100_000), rel=0.01)
    assert tested.p == pytest.approx(psi_p(tested.value, 10, 200_000, 100_000), rel=0.05)


@pytest.mark.parametrize("is_spaced", [True, False])
@settings(max_examples=40)
@given(counts=st.lists(st.integers(0, 400), min_size=10, max_size=10), shift=st.floats(0, 0.5))
def test_any_counts_have_a_p_and_it_agrees_with_the_threshold(is_spaced: bool, counts: list[int], shift: float) -> None:
    tested = psi_test([40] * 10, counts, is_spaced=is_spaced, tolerated=round(shift, 1))
    if tested is None:
        assert sum(counts) < (1 if is_spaced else 20)  # else not all bins are rare
        return
    assert 0 <= tested.p <= 1
    if not 0.045 < tested.p < 0.055:
        assert (tested.value > tested.threshold) == (tested.p < 0.05)


def test_p_falls_as_a_window_moves_away() -> None:
    p = []
    for moved in range(0, 100, 5):
        tested = psi_test([100] * 10, [100 - moved] * 5 + [100 + moved] * 5, is_spaced=True)
        assert tested is not None
        p.append(tested.p)
    assert p == sorted(p, reverse=True)
    assert p[-1] < 1e-6


def test_a_tolerated_drift_raises_the_threshold() -> None:
    none, some = (psi_threshold(10, 10_000, 10_000, tolerated=d) for d in (0.0, 0.1))
    k = 1 / 10_000 + 1 / 10_000
    assert none == pytest.approx(k * stats.chi2.ppf(0.95, 9))
    assert some == pytest.approx(k * stats.ncx2.ppf(0.95, 9, 0.1 / k))
    assert psi_p(some, 10, 10_000, 10_000, tolerated=0.1) == pytest.approx(0.05)
    tested = psi_test([1000] * 10, [900] * 5 + [1100] * 5, is_spaced=True, tolerated=0.1)
    assert tested is not None
    assert tested.threshold == pytest.approx(some, rel=0.02)
    assert tested.p > 0.9


def test_the_one_sample_threshold_of_the_reference_page_is_the_limit_of_a_large_reference() -> None:
    assert psi_threshold(10, 400, 10**12) == pytest.approx(0.0423, abs=5e-5)
    assert smallest_window(10) == 200
    assert smallest_window(50) == 500


@pytest.mark.parametrize("counts", [([10], [10]), ([0, 0], [5, 5]), ([5, 5], [0, 0]), ([50, 0], [60, 0])])
def test_nothing_to_compare_is_no_test(counts: tuple[list[int], list[int]]) -> None:
    assert psi_test(*counts, is_spaced=False) is None


@given(st.lists(st.floats(-100, 100), min_size=2, max_size=30), st.lists(st.floats(-100, 100), min_size=2, max_size=30))
def test_ks_and_chi_square_tests_agree_with_scipy(p: list[float], q: list[float]) -> None:
    tested = ks_test(p, q)
    assert tested is not None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = float(stats.ks_2samp(p, q, method="exact").pvalue)
    assert tested.p == pytest.approx(expected)


def test_chi_square_s_threshold_is_its_quantile() -> None:
    tested = chi_square_test([100, 100, 100], [90, 110, 100])
    assert tested.threshold == pytest.approx(stats.chi2.ppf(0.95, 2))
    assert chi_square_test([5], [9]).p == 1


def test_the_mean_s_shift_agrees_with_welch_s_test() -> None:
    random = np.random.default_rng(1)
    p, q = random.normal(size=4000), random.normal(0.05, 2, size=3000)

    def moments(x: np.ndarray) -> Moments:
        return Moments(len(x), 1.0, float((x - 1).sum()), float(((x - 1) ** 2).sum()), float(x.min()), float(x.max()))

    tested = mean_shift(moments(p), moments(q))
    assert tested is not None
    assert tested.value == pytest.approx((q.mean() - p.mean()) / p.std(ddof=1))
    assert tested.p == pytest.approx(float(stats.ttest_ind(p, q, equal_var=False).pvalue), rel=0.01)
    assert deviation_ratio(moments(p), moments(q)) == pytest.approx(q.std(ddof=1) / p.std(ddof=1))
    assert mean_shift(Moments(), moments(q)) is None
    assert deviation_ratio(Moments(), moments(q)) is None


def test_a_constant_that_moves_is_a_shift_in_either_direction() -> None:
    still, moved = Moments(100, 5.0, 0.0, 0.0, 5, 5), Moments(50, 5.0, -50.0, 50.0, 4, 4)
    tested = mean_shift(still, moved)
    assert tested is not None
    assert (tested.value, tested.p) == (-math.inf, 0)
    same = mean_shift(still, still)
    assert same is not None
    assert (same.value, same.p) == (0, 1)


@pytest.mark.parametrize(("reference", "window"), [(200, 5000), (1000, 1000)])
@pytest.mark.parametrize("shares", [(0.9, 0.1), (0.6, 0.3, 0.1)])
def test_quiet_windows_of_few_categories_are_uniform_too(
    reference: int, window: int, shares: tuple[float, ...]
) -> None:
    random = np.random.default_rng(len(shares) + window)
    p = []
    for before, after in zip(
        random.multinomial(reference, shares, 300), random.multinomial(window, shares, 300), strict=True
    ):
        tested = psi_test(before, after, is_spaced=False)
        assert tested is not None
        p.append(tested.p)
    for level in (0.05, 0.3, 0.7):
        assert (np.array(p) <= level).mean() == pytest.approx(level, abs=0.1)
    assert min(p) > 1e-5
