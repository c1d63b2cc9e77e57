"""References compared by their profiles: only what counts say, and why the rest is not said."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import wasserstein_distance

from vedette.statistics.drift.comparison import FeatureComparison, compare
from vedette.statistics.drift.distances import ks_statistic
from vedette.statistics.drift.kinds import guess_kind
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.rebinning import NO_EDGES, rebinned
from vedette.statistics.drift.values import Kind

RANDOM = np.random.default_rng(7)


def profile(values: Any, kind: Kind | None = None, name: str = "x") -> FeatureProfile:
    return fit(name, values, kind or guess_kind(values))


def compared(first: Any, second: Any, kind: Kind | None = None) -> FeatureComparison:
    [found] = compare([profile(first, kind)], [profile(second, kind)]).features
    return found


def test_a_reference_is_as_itself() -> None:
    found = compared(values := RANDOM.normal(0, 1, 2000), values)
    assert (found.state, found.bins, found.not_compared) == ("ok", 10, {})
    assert {one.statistic: one.value for one in found.findings}["psi"] == 0
    assert (found.measures.js, found.measures.mean_shift, found.measures.deviation_ratio) == (0, 0, 1)
    assert found.measures.ks is not None
    assert found.measures.ks.least == 0


def test_bins_without_a_common_edge_are_not_made_to_fit() -> None:
    found = compared(RANDOM.normal(0, 1, 3000), RANDOM.normal(0, 1, 3000))
    assert found.not_compared["psi"] == NO_EDGES
    assert (found.measures.js, found.measures.chi_square, found.state) == (None, None, "undecided")
    assert {"ks", "mean_shift"} <= {one.statistic for one in found.findings}


def test_a_shift_is_seen_without_a_common_edge_too() -> None:
    found = compared(RANDOM.normal(0, 1, 3000), RANDOM.normal(1, 1, 3000))
    assert found.not_compared["psi"] == NO_EDGES
    assert found.state == "drift"
    assert {one.statistic for one in found.findings if one.drifted} >= {"ks", "mean_shift"}
    assert found.measures.mean_shift == pytest.approx(1, abs=0.1)


def test_values_that_are_counted_one_by_one_go_into_any_bins() -> None:
    spread, few = RANDOM.uniform(0, 10, 2000), [float(n % 5) for n in range(1000)]
    found = rebinned(profile(spread), profile(few))
    assert found.refused == {}
    assert found.counts.exact() == profile(spread).count(few).exact()
    assert compared(spread, few).state == "drift"


def test_categories_are_compared_over_those_of_the_first_as_a_window_is() -> None:
    first, second = ["a"] * 500 + ["b"] * 500, ["a"] * 400 + ["c"] * 600
    found = rebinned(profile(first), profile(second))
    assert found.counts.exact() == profile(first).count(second).exact()
    told = compared(first, second)
    assert {one.statistic for one in told.findings if one.drifted} == {"psi", "other_rate"}
    assert told.measures.chi_square is not None


def test_a_category_that_may_be_among_the_rare_ones_counts_as_other() -> None:
    first = [f"c{n}" for n in range(500)] * 3
    second = [f"d{n}" for n in range(1500)] + ["c1", "c1"]
    found = rebinned(profile(first, "categorical"), profile(second, "categorical"))
    assert found.profile.categories == ("c1",)
    assert (found.profile.counts, found.profile.other) == ((3,), 1497)
    assert found.counts.exact() == ((2,), 0, 1500, 0, 0)
    assert list(found.refused) == ["other_rate"]


def test_other_features_and_other_kinds_are_named() -> None:
    before = [profile([1.5, 2.5], name="a"), profile(["x"], name="b"), profile([True], name="c")]
    after = [profile(["y"], "categorical", "a"), profile(["x"], name="b"), profile([1.5], name="d")]
    found = compare(before, after)
    assert [one.feature for one in found.features] == ["b"]
    assert (found.only_in_first, found.only_in_second) == (("c",), ("d",))
    assert [(one.feature, one.first, one.second) for one in found.kinds_changed] == [("a", "numeric", "categorical")]


@pytest.mark.parametrize("values", [[], [None] * 300, [float("inf")] * 300, [1e308, -1e308] * 200, [3.5] * 300])
def test_odd_columns_have_an_answer(values: list[Any]) -> None:
    plain = RANDOM.normal(0, 1, 500)
    for pair in ((values, plain), (plain, values), (values, values)):
        found = compared(*pair, "numeric")
        assert found.state in ("ok", "drift", "undecided", "insufficient_data", "no_data")


samples = st.lists(st.integers(-30, 30).map(lambda n: n / 4), min_size=1, max_size=300)


@settings(deadline=None)
@given(samples, samples)
def test_counts_are_those_of_the_values_and_distances_lie_within_their_bounds(a: list[float], b: list[float]) -> None:
    first, second = profile(a, "numeric"), profile(b, "numeric")
    found = rebinned(first, second)
    assert (found.profile.reference().rows, found.counts.rows) == (len(a), len(b))
    if found.profile.by_edges and "out_of_range_rate" not in found.refused and "psi" not in found.refused:
        assert found.profile.count(a).exact() == found.profile.reference().exact()
        assert found.profile.count(b).exact() == found.counts.exact()
    measures = compared(a, b, "numeric").measures
    assert measures.ks is not None
    assert measures.ks.most is not None
    assert measures.ks.least - 1e-9 <= ks_statistic(a, b) <= measures.ks.most + 1e-9
    if measures.wasserstein is not None and measures.wasserstein.most is not None:
        apart = wasserstein_distance(a, b) / np.std(a, ddof=1)
        assert measures.wasserstein.least - 1e-9 <= apart <= measures.wasserstein.most + 1e-9
