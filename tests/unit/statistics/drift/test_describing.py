"""Data profiles: against numpy and scipy, and on data that have little to tell."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import pearsonr, skew, spearmanr

from vedette.statistics.drift.describing import QUANTILES, describe
from vedette.statistics.drift.kinds import guess_kind
from vedette.statistics.drift.profile import fit


def profile(columns: dict[str, Sequence[Any]], kinds: dict[str, Any] | None = None) -> dict[str, Any]:
    known = kinds or {}
    return describe(columns, [fit(n, values, known.get(n) or guess_kind(values)) for n, values in columns.items()])


def test_numbers_are_those_of_numpy_and_scipy() -> None:
    random = np.random.default_rng(1)
    a = random.gamma(2, size=4000)
    b = a**2 + random.normal(size=4000)
    values = [*a.tolist(), None, math.inf, 0.0]
    found = profile({"a": values, "b": [*b.tolist(), 1.0, 2.0, 0.0]})
    (one, _), (pair,) = found["columns"], found["correlations"]
    finite = np.append(a, 0.0)
    assert (one["rows"], one["missing"], one["infinite"], one["zeros"], one["distinct"]) == (4003, 1, 1, 1, 4001)
    assert one["mean"] == pytest.approx(finite.mean())
    assert one["deviation"] == pytest.approx(finite.std(ddof=1))
    assert one["skewness"] == pytest.approx(skew(finite), rel=1e-3)
    assert list(one["quantiles"].values()) == pytest.approx(np.quantile(finite, QUANTILES).tolist())
    assert sum(one["histogram"]["counts"]) == 4001
    x, y = np.append(a, 0.0), np.append(b, 0.0)
    assert pair["pearson"] == pytest.approx(pearsonr(x, y).statistic)
    assert pair["spearman"] == pytest.approx(spearmanr(x, y).statistic)
    assert pair["n"] == 4001


def test_categories_are_counted_and_related() -> None:
    plans = ["a", "b", "c", None] * 500
    copies = [None if plan is None else plan.upper() for plan in plans]
    noise = [f"n{n * 7919 % 2003 % 9}" for n in range(2000)]
    found = profile({"plan": plans, "copy": copies, "noise": noise})
    plan = found["columns"][0]
    assert (plan["missing"], plan["distinct"], plan["entropy_bits"]) == (500, 3, pytest.approx(math.log2(3)))
    assert plan["top"] == [{"value": value, "count": 500} for value in "abc"]
    strength = {frozenset((pair["a"], pair["b"])): pair["cramers_v"] for pair in found["correlations"]}
    assert strength[frozenset(("plan", "copy"))] == pytest.approx(1.0)
    assert strength[frozenset(("plan", "noise"))] < 0.1
    assert found["correlations"][0]["cramers_v"] == pytest.approx(1.0)


def test_equal_values_share_their_ranks() -> None:
    a, b = [1, 1, 2, 3, 3, 3] * 40, [5, 4, 4, 1, 2, 2] * 40
    kinds = {"a": "numeric", "b": "numeric"}
    (pair,) = profile({"a": a, "b": b}, kinds)["correlations"]
    assert pair["spearman"] == pytest.approx(spearmanr(a, b).statistic)


@pytest.mark.parametrize(
    "values",
    [[], [None] * 5, [1.0] * 9, [math.nan, math.inf], ["x"], [[1], {"a": 2}, None], [1e308, -1e308, 0.0], [True, None]],
    ids=str,
)
def test_odd_columns_have_a_profile_that_is_json(values: list[Any]) -> None:
    found = profile({"odd": values, "other": [float(n) for n in range(len(values))]})
    assert json.loads(json.dumps(found, allow_nan=False))["columns"][0]["rows"] == len(values)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(
        st.one_of(st.none(), st.floats(), st.integers(), st.text(max_size=5), st.booleans(), st.lists(st.integers())),
        min_size=1,
        max_size=40,
    )
)
def test_anything_has_a_profile(values: list[Any]) -> None:
    found = profile({"a": values, "b": list(reversed(values))})
    json.dumps(found, allow_nan=False)
    assert all(-1 <= (pair.get("pearson") or 0) <= 1 for pair in found["correlations"])
