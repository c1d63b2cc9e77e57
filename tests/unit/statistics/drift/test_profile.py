"""Profiles: every value is counted once, however the values come."""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.drift.counts import Counts
from vedette.statistics.drift.profile import FeatureProfile, fit

REFERENCE = np.random.default_rng(5).normal(size=1000)
NUMERIC = fit("amount", REFERENCE, "numeric")
CITY = fit("city", ["a"] * 60 + ["b"] * 30 + ["c"] * 9 + ["d"], "categorical")
FEW = fit("stars", [1, 2, 2, 3] * 30, "numeric")
anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=5),
    st.binary(max_size=3),
    st.sampled_from(["a", "b", "1.5", "nan", "2024-05-01T10:00:00", 1.0, 2, "2", -math.inf]),
    st.datetimes(),
    st.lists(st.integers(), max_size=2),
)
PROFILES = [
    NUMERIC,
    CITY,
    FEW,
    fit("flag", [True, False] * 20, "boolean"),
    fit("text", ["ab", "abcdef", "x" * 30] * 20, "text_length"),
    fit("at", ["2024-05-01T10:00:00"] * 30, "hour"),
    fit("day", ["2024-05-01"] * 30, "weekday"),
    fit("nothing", [None] * 30, "numeric"),
    fit("empty", [], "categorical"),
]


def together(profile: FeatureProfile, parts: list[Any]) -> Counts:
    total = profile.nothing()
    for part in parts:
        total = total + profile.count(part)
    return total


def test_the_reference_counts_itself_as_it_was_fitted() -> None:
    for profile, values in ((NUMERIC, REFERENCE), (CITY, ["a"] * 60 + ["b"] * 30 + ["c"] * 9 + ["d"])):
        assert profile.count(values).exact() == profile.reference().exact()
    assert NUMERIC.spaced
    assert NUMERIC.counts == (100,) * 10
    assert NUMERIC.count(REFERENCE).moments.variance == pytest.approx(REFERENCE.var(ddof=1))
    assert NUMERIC.reference().moments.deviation == pytest.approx(REFERENCE.std(ddof=1))


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
@given(values=st.lists(anything, max_size=40), cuts=st.lists(st.integers(0, 40), max_size=4))
def test_any_split_gives_identical_counts(profile: FeatureProfile, values: list[Any], cuts: list[int]) -> None:
    edges = [0, *sorted(cuts), len(values)]
    parts = [values[a:b] for a, b in itertools.pairwise(edges)]
    whole = profile.count(values)
    assert together(profile, parts).exact() == whole.exact() == together(profile, parts[::-1]).exact()
    assert together(profile, parts).unseen == whole.unseen == together(profile, parts[::-1]).unseen
    assert whole.rows == len(values)


@given(st.lists(st.floats(), max_size=60), st.integers(1, 49))
def test_a_histogram_has_the_intervals_that_it_says(values: list[float], bins: int) -> None:
    profile = fit("x", REFERENCE, "numeric", edges=[edge / 10 for edge in range(bins)])
    found = profile.count(np.array(values, np.float64))
    bounds = [profile.least, *profile.edges, profile.most]
    for index, count in enumerate(found.bins):
        low, high = bounds[index], bounds[index + 1]
        assert low is not None
        assert high is not None
        inside = [v for v in values if (low < v or (index == 0 and v == low)) and v <= high]
        assert count == len(inside)
    assert found.missing == sum(math.isnan(v) for v in values)


def test_what_has_no_bin_has_a_place_of_its_own() -> None:
    found = NUMERIC.count([None, math.nan, math.inf, -math.inf, 1e9, "zero", "0.5", " 0.5 ", True, [1], b"0.1", ""])
    assert (found.missing, found.above, found.below, found.other) == (3, 2, 1, 2)
    assert found.bins.sum() == 4
    assert found.moments.n == 5


def test_an_unseen_category_costs_no_other_row() -> None:
    found = CITY.count(["a", "b", "z", "a", None, 3, "é" * 10_000])
    assert found.exact() == ((2, 1, 0, 0), 1, 3, 0, 0)


def test_one_and_its_text_are_one_category_but_true_is_not() -> None:
    profile = fit("mixed", [1, "1", 1.0, True, "true", "x"], "categorical")
    assert dict(zip(profile.categories, profile.counts, strict=True)) == {"1": 3, "true": 2, "x": 1}


def test_few_distinct_numbers_are_counted_one_by_one() -> None:
    assert FEW.points == (1.0, 2.0, 3.0)
    assert FEW.count([1, 2.0, "3", 4, 2.5, None]).exact() == ((1, 1, 1), 1, 2, 0, 0)
    assert fit("dozen", np.linspace(0, 1, 12), "numeric").by_edges


def test_timestamps_as_text_have_their_parts() -> None:
    hours = fit("at", ["2024-05-01T10:00:00", "2024-05-02 11:30", None, "soon", 3600], "hour")
    assert dict(zip(hours.categories, hours.counts, strict=True)) == {"1": 1, "10": 1, "11": 1}
    assert (hours.missing, hours.other) == (1, 1)
    days = fit("at", np.array(["2024-05-01", "NaT"], "datetime64[ns]"), "weekday")
    assert (days.categories, days.missing) == (("2",), 1)


def test_booleans_have_both_values_however_they_are_written() -> None:
    flag = fit("flag", ["yes", "True", 1, 1.0, True], "boolean")
    assert dict(zip(flag.categories, flag.counts, strict=True)) == {"false": 0, "true": 5}
    assert flag.count(["no", 0, "maybe", None]).exact() == ((0, 2), 1, 1, 0, 0) or flag.categories[0] == "true"


def test_a_million_categories_are_capped_and_the_rest_is_other() -> None:
    profile = fit("id", [f"id-{number}" for number in range(1_000_000)], "categorical")
    assert (profile.bins, profile.other, profile.singles) == (1000, 999_000, 999_000)


@pytest.mark.parametrize(
    "values",
    [[], [None] * 12, [3.0] * 12, [1e308, -1e308] * 50, [math.inf] * 12, list(range(12)), ["x"] * 12],
)
def test_any_reference_has_a_profile(values: list[Any]) -> None:
    for kind in ("numeric", "categorical", "boolean", "text_length", "hour", "weekday"):
        profile = fit("any", values, kind)  # type: ignore[arg-type] # all kinds
        assert profile.reference().rows == len(values)
        assert profile.count([None, 1.5, "x", 3.0]).rows == 4
        assert FeatureProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_a_profile_comes_back_from_json(profile: FeatureProfile) -> None:
    assert FeatureProfile.from_dict(json.loads(json.dumps(profile.to_dict()))) == profile


def test_what_is_no_profile_is_refused() -> None:
    whole = NUMERIC.to_dict()
    for wrong in ({}, {**whole, "version": 9}, {**whole, "counts": [1]}, {**whole, "edges": "no"}):
        with pytest.raises(InvalidInput, match="profile"):
            FeatureProfile.from_dict(wrong)


def test_counts_of_another_profile_cannot_be_added() -> None:
    with pytest.raises(InvalidInput, match="counts"):
        NUMERIC.nothing() + FEW.nothing()


@pytest.mark.parametrize("profile", [CITY, NUMERIC, FEW], ids=lambda profile: profile.name)
@given(codes=st.lists(st.integers(-1, 3), max_size=30))
def test_dictionary_codes_count_as_their_values(profile: FeatureProfile, codes: list[int]) -> None:
    dictionary = ["a", "0.5", "d", 2]
    values = [None if code < 0 else dictionary[code] for code in codes]
    counted, again = profile.count_codes(np.array(codes, np.int32), dictionary), profile.count(values)
    assert (counted.exact(), counted.unseen) == (again.exact(), again.unseen)


def test_codes_beyond_the_dictionary_are_refused() -> None:
    with pytest.raises(InvalidInput, match="codes"):
        CITY.count_codes(np.array([2]), ["a", "b"])
