"""Measures of windows: as the samples themselves have them; and the tests that are made where a plan names them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from scipy import stats
from scipy.spatial.distance import jensenshannon

from vedette.statistics.drift.measures import FEW, Distances, _of_few, _of_many, cells, measure
from vedette.statistics.drift.profile import FeatureProfile, fit
from vedette.statistics.drift.verdict import Plan, judge

RANDOM = np.random.default_rng(4)
AGES = RANDOM.normal(40, 9, 20_000)
AGE = fit("age", AGES, "numeric", bins=50)
CITY = fit("city", ["Bonn"] * 600 + ["Rome"] * 400, "categorical")
DICE = fit("dice", RANDOM.integers(1, 7, 6_000).astype(float), "numeric")


def measured(profile: FeatureProfile, values: Any) -> Distances:
    found = measure(profile, profile.count(values))
    assert found is not None
    return found


@pytest.mark.parametrize("shift", [0.0, 3.0, -40.0])
def test_numbers_are_as_far_as_their_samples_are(shift: float) -> None:
    now = RANDOM.normal(40 + shift, 18, 5_000)
    found = measured(AGE, now)
    assert found.mean_shift == pytest.approx((now.mean() - AGES.mean()) / AGES.std(ddof=1))
    assert found.mean_shift_p == pytest.approx(stats.ttest_ind(AGES, now, equal_var=False).pvalue, abs=1e-3)
    assert found.deviation_ratio == pytest.approx(now.std(ddof=1) / AGES.std(ddof=1))
    assert found.ks is not None
    assert found.wasserstein is not None
    whole = stats.ks_2samp(AGES, now).statistic
    assert whole - 0.05 <= found.ks <= whole + 1e-9
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(AGES, now) / AGES.std(), rel=0.05, abs=0.06)
    p, q = cells(AGE, AGE.reference()), cells(AGE, AGE.count(now))
    assert found.js == pytest.approx(float(jensenshannon(p, q, base=2)))


def test_numbers_that_are_counted_one_by_one_have_an_exact_distance() -> None:
    now = RANDOM.choice([1.0, 2.0, 6.0], 900)
    found = measured(DICE, now)
    before = np.repeat(DICE.points, DICE.counts)
    assert found.ks == pytest.approx(stats.ks_2samp(before, now).statistic)
    deviation = DICE.reference().moments.deviation
    assert found.wasserstein == pytest.approx(stats.wasserstein_distance(before, now) / deviation)
    strange = measured(DICE, np.append(now, [7.5] * 30)).ks
    assert strange is not None  # nobody knows where the others lie: less is sure
    assert found.ks is not None
    assert found.ks - 0.08 < strange < found.ks


def test_categories_have_what_they_can_have() -> None:
    found = measured(CITY, ["Bonn"] * 300 + ["Rome"] * 650 + ["Oslo"] * 50)
    table = [[600, 400, 0], [300, 650, 50]]
    tested = stats.chi2_contingency(table, correction=False)
    assert (found.chi_square, found.chi_square_p) == (pytest.approx(tested.statistic), pytest.approx(tested.pvalue))
    assert found.js == pytest.approx(float(jensenshannon(*table, base=2)))
    assert (found.ks, found.wasserstein, found.mean_shift, found.deviation_ratio) == (None, None, None, None)


@pytest.mark.parametrize(
    "values", [[], [None] * 50, [np.nan] * 50, [np.inf] * 50, ["x"] * 50, [1e308, -1e308] * 50, [40.0] * 50]
)
@pytest.mark.parametrize(
    "profile", [AGE, CITY, DICE, fit("constant", [3.0] * 500, "numeric"), fit("none", [], "numeric")]
)
def test_whatever_comes_has_measures_that_json_can_hold(profile: FeatureProfile, values: list[Any]) -> None:
    found = measure(profile, profile.count(values))
    if found is not None:
        told = msgspec.json.decode(msgspec.json.encode(found))
        assert told == msgspec.to_builtins(found)  # no number that JSON has not


def test_equal_data_are_no_distance_apart() -> None:
    found = measured(AGE, AGES)
    assert (found.js, found.ks, found.mean_shift, found.deviation_ratio) == (0, 0, pytest.approx(0), pytest.approx(1))
    assert found.wasserstein == pytest.approx(0, abs=0.04)  # of 20,000 rows 2,048 are looked at


def test_tests_are_made_where_a_plan_names_them() -> None:
    now = {"age": AGE.count(RANDOM.normal(42, 9, 2_000)), "city": CITY.count(["Bonn"] * 300 + ["Rome"] * 700)}
    plan = Plan(statistics=("chi_square", "ks", "mean_shift"))
    age, city = judge([AGE, CITY], now, plan)
    assert [one.statistic for one in age.findings] == ["chi_square", "ks", "mean_shift"]
    assert [one.statistic for one in city.findings] == ["chi_square"]
    assert all(one.drifted for one in (*age.findings, *city.findings))
    assert [one.statistic for one in judge([AGE, CITY], now)[1].findings] == ["psi", "missing_rate", "other_rate"]
    assert judge([AGE], now)[0].measures == measure(AGE, now["age"])


@pytest.mark.parametrize(
    "statistics", [("chi_square",), ("mean_shift",), ("ks",), ("psi", "chi_square", "ks", "mean_shift")]
)
def test_chosen_tests_alarm_no_oftener_than_asked_for(statistics: Any) -> None:
    random, drifted = np.random.default_rng(11), 0
    plan = Plan(alpha=0.1, statistics=statistics)
    for _ in range(400):
        profile = fit("x", random.normal(size=1_000), "numeric")
        [verdict] = judge([profile], {"x": profile.count(random.normal(size=600))}, plan)
        drifted += verdict.state == "drift"
    least = 0 if statistics in [("ks",), ("psi", "chi_square", "ks", "mean_shift")] else 25
    assert least <= drifted <= 60  # 40 expected; more than 58 in one of a thousand runs


SKEWED: dict[str, Callable[[np.random.Generator, int], Any]] = {
    "exponential": lambda random, many: random.exponential(size=many),
    "lognormal": lambda random, many: random.lognormal(0, 1, many),
    "with an outlier": lambda random, many: np.append(random.normal(size=many - 1), 100.0),
    "mostly zero": lambda random, many: np.where(random.random(many) < 0.9, 0.0, random.exponential(size=many)),
}


@pytest.mark.parametrize("family", SKEWED)
def test_the_distance_of_skewed_numbers_is_near_that_of_the_samples(family: str) -> None:
    random = np.random.default_rng(6)
    before, now = SKEWED[family](random, 10_000), SKEWED[family](random, 5_000)
    profile = fit("x", before, "numeric")
    for shift in (0.0, 0.3 * before.std()):
        exact = stats.wasserstein_distance(before, now + shift) / before.std(ddof=1)
        assert measured(profile, now + shift).wasserstein == pytest.approx(exact, abs=0.09)


def test_one_text_among_numbers_silences_no_test() -> None:
    profile = fit("x", RANDOM.normal(size=2_000), "numeric")
    counts = profile.count([*RANDOM.normal(3, 1, 900).tolist(), "?"])
    [verdict] = judge([profile], {"x": counts}, Plan(statistics=("ks",)))
    assert verdict.state == "drift"
    assert verdict.measures is not None
    assert verdict.measures.wasserstein == pytest.approx(3, abs=0.3)


def test_where_no_test_can_be_made_there_is_no_answer() -> None:
    counts = CITY.count(["Bonn"] * 900)
    [verdict] = judge([CITY], {"city": counts}, Plan(statistics=("ks", "mean_shift")))
    assert (verdict.state, verdict.findings) == ("insufficient_data", ())
    small = fit("x", RANDOM.normal(size=300), "numeric")
    plan = Plan(statistics=("chi_square",))
    assert judge([small], {"x": small.count(RANDOM.normal(9, 1, 900))}, plan)[0].state == "insufficient_data"


def test_a_continuous_tail_behind_many_zeros_is_no_list_of_values() -> None:
    random, drifted = np.random.default_rng(3), 0
    for _ in range(60):
        before, now = (np.where(random.random(1_000) < 0.995, 0.0, random.exponential(size=1_000)) for _ in range(2))
        profile = fit("x", before, "numeric")
        drifted += judge([profile], {"x": profile.count(now)})[0].state == "drift"
    assert drifted <= 9  # 3 expected at 5 %; before, 54


def test_a_constant_that_moved_has_no_infinite_finding() -> None:
    constant = fit("c", [3.0] * 500, "numeric")
    [verdict] = judge([constant], {"c": constant.count([4.0] * 500)}, Plan(statistics=("psi", "mean_shift")))
    assert verdict.state == "drift"
    assert all(np.isfinite(one.value) for one in verdict.findings)


counts_by_bin = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40_000)), min_size=1, max_size=FEW)


@given(counts_by_bin)
def test_few_cells_come_to_the_same_as_many(pairs: list[tuple[int, int]]) -> None:
    p, q = (np.array(side, np.float64) for side in zip(*pairs, strict=True))
    assume(p.sum() and q.sum())
    js, chi = _of_few(p.tolist(), q.tolist())
    wanted_js, wanted_chi = _of_many(p, q)
    assert js == pytest.approx(wanted_js, abs=1e-7)
    assert (chi is None) == (wanted_chi is None)
    if chi is not None and wanted_chi is not None:
        assert chi == (pytest.approx(wanted_chi[0], rel=1e-9, abs=1e-9), pytest.approx(wanted_chi[1], abs=1e-9))
