"""The trinomial bucket: moments, distribution, nearest changes."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.trends.trinomial import Trinomial

shares = st.tuples(st.integers(1, 999), st.integers(1, 999), st.integers(1, 999))


def test_moments_are_those_of_a_score_of_one_a_half_or_nothing() -> None:
    model = Trinomial(0.91, 0.08, 0.01)
    assert model.apdex == pytest.approx(0.95)
    assert model.variance == pytest.approx(0.0275)
    assert model.skewness == pytest.approx((0.91 * 0.05**3 - 0.08 * 0.45**3 - 0.01 * 0.95**3) / 0.0275**1.5)


@given(shares, st.integers(1, 60))
def test_a_bucket_s_distribution_has_the_model_s_mean_and_variance(counts: tuple[int, int, int], checks: int) -> None:
    model = Trinomial.of_counts(*counts)
    values, probabilities = model.bucket(checks)
    mean = float(values @ probabilities)
    assert probabilities.sum() == pytest.approx(1)
    assert mean == pytest.approx(model.apdex, abs=1e-9)
    assert float((values - mean) ** 2 @ probabilities) == pytest.approx(model.variance / checks, abs=1e-9)


def test_a_bucket_of_two_has_the_probabilities_that_counting_gives() -> None:
    values, probabilities = Trinomial(0.5, 0.25, 0.25).bucket(2)
    assert values.tolist() == [0, 0.25, 0.5, 0.75, 1]
    assert probabilities.tolist() == pytest.approx([0.0625, 0.125, 0.3125, 0.25, 0.25])


@given(shares, st.floats(0.05, 0.95))
def test_the_nearest_change_has_the_apdex_asked_for(counts: tuple[int, int, int], wanted: float) -> None:
    model = Trinomial.of_counts(*counts)
    assert model.shifted(wanted - model.apdex).apdex == pytest.approx(wanted, abs=1e-9)


@given(shares, st.floats(-0.04, 0.04).filter(lambda x: abs(x) > 1e-3), st.floats(-0.01, 0.01))
def test_no_other_change_of_the_same_size_is_nearer(counts: tuple[int, int, int], change: float, aside: float) -> None:
    def distance(other: list[float]) -> float:
        return sum(q * math.log(q / p) for p, q in zip(base, other, strict=True) if q > 0)

    model = Trinomial.of_counts(*counts)
    if not 0.01 < model.apdex + change < 0.99:
        return
    nearest = model.shifted(change)
    base = [model.satisfied, model.tolerating, model.frustrated]
    near = [nearest.satisfied, nearest.tolerating, nearest.frustrated]
    other = [near[0] - aside, near[1] + 2 * aside, near[2] - aside]
    if min(other) >= 0:
        assert distance(other) >= distance(near) - 1e-12


def test_standardised_buckets_have_mean_zero_and_variance_one() -> None:
    z, probabilities = Trinomial(0.91, 0.08, 0.01).standardised(25)
    assert float(z @ probabilities) == pytest.approx(0, abs=1e-9)
    assert float(z**2 @ probabilities) == pytest.approx(1)


def test_standardised_buckets_of_a_lower_apdex_lie_lower() -> None:
    model = Trinomial(0.91, 0.08, 0.01)
    z, probabilities = model.standardised(25, true=model.shifted(-0.01))
    assert float(z @ probabilities) == pytest.approx(-0.01 / math.sqrt(0.0275 / 25))


@pytest.mark.parametrize("shares", [(0.5, 0.5, 0.1), (-0.1, 1.0, 0.1), (math.nan, 0.5, 0.5)])
def test_probabilities_that_are_none_are_refused(shares: tuple[float, float, float]) -> None:
    with pytest.raises(InvalidInput, match="probabilities"):
        Trinomial(*shares)


def test_counts_of_nothing_are_refused() -> None:
    with pytest.raises(InvalidInput, match="counts"):
        Trinomial.of_counts(0, 0, 0)


def test_a_change_out_of_reach_is_refused() -> None:
    with pytest.raises(InvalidInput, match="change"):
        Trinomial(0.91, 0.08, 0.01).shifted(0.06)


def test_a_bucket_without_checks_and_a_reference_that_never_varies_are_refused() -> None:
    with pytest.raises(InvalidInput, match="checks"):
        Trinomial(0.91, 0.08, 0.01).bucket(0)
    with pytest.raises(InvalidInput, match="more than one zone"):
        Trinomial(1, 0, 0).standardised(25)
    assert Trinomial(1, 0, 0).skewness == 0
    assert np.array_equal(Trinomial(1, 0, 0).bucket(5)[0], [1.0])
