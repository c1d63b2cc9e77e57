"""Distances: reference cases, scipy, and what any distance must do."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from vedette.errors import InvalidInput
from vedette.statistics.drift import distances as d
from vedette.statistics.drift.bins import inner_edges
from vedette.statistics.drift.chi_square import chi_square, folded
from vedette.statistics.drift.profile import fit

BEFORE, AFTER = [1000, 1500, 1200, 1300], [800, 1400, 1600, 1200]
counts = st.lists(st.integers(0, 1000), min_size=4, max_size=4)
filled = st.lists(st.integers(1, 1000), min_size=4, max_size=4)
samples = st.lists(st.floats(-1e6, 1e6), min_size=2, max_size=40)


def test_the_reference_cases_of_psi_and_js_are_met() -> None:
    assert d.psi([0.3, 0.4, 0.3], [0.2, 0.4, 0.4]) == pytest.approx(0.0693147, abs=1e-7)
    assert d.psi(BEFORE, AFTER) == pytest.approx(0.0349210, abs=1e-7)
    assert d.js_distance(BEFORE, AFTER) == pytest.approx(0.079245, abs=1e-6)


@pytest.mark.parametrize(("shift", "expected"), [(0.1, 0.0096), (0.2, 0.038), (0.3, 0.086), (0.5, 0.238), (1, 0.926)])
def test_psi_of_a_mean_shift_is_on_the_known_scale(shift: float, expected: float) -> None:
    edges = stats.norm.ppf(np.arange(1, 10) / 10)
    shares = [np.diff([0, *stats.norm.cdf(edges - by), 1]) for by in (0, shift)]
    assert d.psi(*shares) == pytest.approx(expected, rel=0.03)


def test_an_empty_bin_counts_by_the_evidence() -> None:
    small, large = (d.psi([n / 10] * 10, [0, *[n / 9] * 9]) for n in (90, 90_000))
    assert 0.2 < small < 0.5
    assert large > 0.9
    assert d.psi([0, 5, 5], [0, 5, 5]) == 0


@given(counts, counts)
def test_psi_and_js_are_symmetric_and_at_least_zero(p: list[int], q: list[int]) -> None:
    assume(sum(p) and sum(q))
    for distance in (d.psi, d.js_distance, d.ks_binned):
        assert distance(p, q) == pytest.approx(distance(q, p))
        assert distance(p, q) >= 0


@given(filled, st.integers(1, 9))
def test_distances_of_equal_shares_are_zero(p: list[int], times: int) -> None:
    q = [one * times for one in p]
    for distance in (d.psi, d.js_distance, d.ks_binned):
        assert distance(p, q) == pytest.approx(0, abs=1e-7)
    assert chi_square(p, q)[0] == pytest.approx(0, abs=1e-7)


@given(filled, filled, st.floats(0, 1), st.floats(0, 1))
def test_distances_grow_as_more_of_another_distribution_is_mixed_in(
    p: list[int], q: list[int], one: float, two: float
) -> None:
    first, second = np.array(p) / sum(p), np.array(q) / sum(q)
    less, more = sorted([one, two])
    for distance in (d.psi, d.js_distance, d.ks_binned):
        near, far = (distance(first, first + share * (second - first)) for share in (less, more))
        assert near <= far + 1e-7


@given(counts, counts)
def test_js_agrees_with_scipy(p: list[int], q: list[int]) -> None:
    assume(sum(p) and sum(q))
    expected = float(jensenshannon(p, q, base=2))
    assert d.js_distance(p, q) == pytest.approx(0 if math.isnan(expected) else expected, abs=1e-7)


@given(samples, samples)
def test_ks_and_wasserstein_of_samples_agree_with_scipy(p: list[float], q: list[float]) -> None:
    assert d.ks_statistic(p, q) == pytest.approx(float(stats.ks_2samp(p, q, method="asymp").statistic))
    assume(np.std(p) > 1e-3)
    expected = float(stats.wasserstein_distance(p, q)) / float(np.std(p))
    assert d.wasserstein_distance(p, q) == pytest.approx(expected, abs=1e-6)


@given(st.floats(-0.5, 0.5), st.integers(2, 40))
def test_from_bins_ks_is_a_lower_bound_and_wasserstein_is_near(shift: float, bins: int) -> None:
    random = np.random.default_rng(3)
    p, q = random.normal(size=2000), random.normal(shift, size=1500)
    edges = inner_edges(p, bins=bins)
    profile = fit("x", p, "numeric", edges=edges.tolist())
    before, after = profile.reference(), profile.count(q)
    seen = after.bins.copy()
    seen[0] += after.below
    seen[-1] += after.above
    assert d.ks_binned(before.bins, seen) <= d.ks_statistic(p, q) + 1e-12
    if bins >= 20:
        near = d.wasserstein_binned(before.bins, seen, edges, before.moments, after.moments)
        assert near == pytest.approx(d.wasserstein_distance(p, q), abs=0.15)


def test_a_constant_that_moves_is_infinitely_far_and_one_that_stays_is_not() -> None:
    assert d.wasserstein_distance([2, 2, 2], [1, 1]) == math.inf
    assert d.wasserstein_distance([2, 2, 2], [2, 2]) == 0


def test_without_values_there_is_no_distance() -> None:
    for distance in (d.psi, d.js_distance, d.ks_binned):
        assert math.isnan(distance([0, 0], [1, 2]))
    assert math.isnan(d.ks_statistic([], [1.0]))
    assert math.isnan(d.wasserstein_distance([1.0], [math.nan]))
    assert d.movers([0, 0], [1, 2]) == []
    with pytest.raises(InvalidInput, match="counts"):
        d.psi([1, 2], [1, 2, 3])


def test_the_bins_that_moved_most_come_first() -> None:
    assert [index for index, _, _ in d.movers(BEFORE, AFTER)] == [2, 0, 3]


def test_chi_square_agrees_with_scipy() -> None:
    value, p, categories = chi_square(BEFORE, AFTER)
    expected = stats.chi2_contingency([BEFORE, AFTER], correction=False)
    assert (value, p, categories) == (pytest.approx(expected.statistic), pytest.approx(expected.pvalue), 4)


def test_rare_categories_fold_into_one_and_a_single_one_has_p_one() -> None:
    p, q, kept = folded([100, 50, 1, 2, 0], [90, 60, 2, 0, 1])
    assert (p.tolist(), q.tolist(), kept) == ([100, 50, 3], [90, 60, 3], [0, 1])
    assert chi_square([10], [20]) == (0.0, 1.0, 1)
    assert chi_square([1, 1], [1, 1]) == (0.0, 1.0, 1)
