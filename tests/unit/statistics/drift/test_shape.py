"""Shapes: quantiles, distinct and frequent numbers of a stream, in whatever batches it comes."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.statistics.drift.counts import Counts, Moments
from vedette.statistics.drift.describing import QUANTILES
from vedette.statistics.drift.digest import CLUSTERS, MOST_HELD
from vedette.statistics.drift.distinct import KEPT, estimate, least_hashes, merged
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.segments import CountsBySegment
from vedette.statistics.drift.shape import NO_SHAPE, SAMPLE, Shape

Floats = npt.NDArray[np.float64]
finite = st.floats(allow_nan=False, allow_infinity=False)
numbers = st.lists(finite | st.sampled_from([0.0, -0.0, 1.0, -1.0]), max_size=300)
FAMILIES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "normal": lambda random, many: random.normal(size=many),
    "exponential": lambda random, many: random.exponential(size=many),
    "lognormal": lambda random, many: random.lognormal(0, 2, size=many),
    "counts": lambda random, many: random.poisson(3, size=many).astype(float),
    "mostly zero": lambda random, many: np.where(random.random(many) < 0.7, 0.0, random.normal(5, 1, many)),
    "ages": lambda random, many: random.integers(18, 90, many).astype(float),
}


def shape_of(values: Floats, batch: int) -> Shape:
    found = NO_SHAPE
    for start in range(0, len(values), batch):
        found = found.merged(Shape.of(values[start : start + batch]))
    return found


def rank_errors(shape: Shape, values: Floats) -> list[float]:
    """By how much of all numbers each quantile misses its share; equal numbers have all ranks of theirs."""
    ranked = np.sort(values)
    found = shape.quantiles(QUANTILES, float(ranked[0]), float(ranked[-1]))
    errors = []
    for share, value in zip(QUANTILES, found, strict=True):
        low, high = np.searchsorted(ranked, value, "left"), np.searchsorted(ranked, value, "right")
        errors.append(max(0.0, low / len(ranked) - share, share - high / len(ranked)))
    return errors


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("batch", [50, 1_000, 40_000])
def test_quantiles_are_near_in_any_batches(family: str, batch: int) -> None:
    values = FAMILIES[family](np.random.default_rng(batch), 40_000)
    # One sample of a batch has ranks with a standard error of 1.1 % in the middle; many batches have many samples.
    allowed = 0.05 if batch > SAMPLE else 0.01
    assert max(rank_errors(shape_of(values, batch), values)) <= allowed


def test_quantiles_of_few_numbers_are_those_numbers() -> None:
    shape = Shape.of(np.array([3.0, 1.0, 2.0, 5.0, 4.0]))
    assert shape.quantiles((0, 0.5, 1), 1.0, 5.0) == [1.0, 3.0, 5.0]
    assert shape.quantiles((0.1, 0.3), 1.0, 5.0) == pytest.approx([1.0, 2.0])
    assert Shape.of(np.full(5_000, 7.0)).quantiles((0.01, 0.5, 0.99), 7.0, 7.0) == [7.0, 7.0, 7.0]
    assert NO_SHAPE.quantiles(QUANTILES, 0, 0) == []


@given(st.lists(numbers, min_size=1, max_size=5))
def test_quantiles_rise_within_the_range_whatever_comes(parts: list[list[float]]) -> None:
    values = np.array([value for part in parts for value in part])
    found = NO_SHAPE
    for part in parts:
        found = found.merged(Shape.of(np.array(part)))
    if not len(values):
        assert found.quantiles(QUANTILES, 0.0, 0.0) == []
        return
    least, most = float(values.min()), float(values.max())
    quantiles = found.quantiles(QUANTILES, least, most)
    assert quantiles[0] == least
    assert quantiles[-1] == most
    assert all(one <= other or one == pytest.approx(other, rel=1e-12) for one, other in pairwise(quantiles))
    assert all(least <= one <= most for one in quantiles)


def test_what_is_held_is_bounded_and_a_snapshot_is_smaller() -> None:
    random = np.random.default_rng(4)
    found = NO_SHAPE
    for _ in range(200):
        found = found.merged(Shape.of(random.normal(size=130)))
        assert len(found.digest.means) <= MOST_HELD
        assert len(found.hashes) <= KEPT
    again = pickle.loads(pickle.dumps(found))
    assert len(again.digest.means) <= CLUSTERS
    assert again.digest.weights.sum() == pytest.approx(200 * 130)
    assert again.distinct == found.distinct


@given(numbers, numbers, numbers)
def test_hashes_do_not_depend_on_batches(a: list[float], b: list[float], c: list[float]) -> None:
    def hashes(values: list[float], guess: int = 1) -> list[int]:
        return [int(one) for one in least_hashes(np.array(values, np.float64), guess)]

    one, two, three = (least_hashes(np.array(part, np.float64), 300) for part in (a, b, c))
    whole = hashes(a + b + c)
    assert merged(merged(one, two), three).tolist() == whole == merged(three, merged(two, one)).tolist()
    assert hashes(a + b + c, guess=10**9) == whole
    if len({value + 0.0 for value in a + b + c}) < KEPT:
        assert len(whole) == len({value + 0.0 for value in a + b + c})


@pytest.mark.parametrize("distinct", [2, 80, 1_000, 60_000])
def test_known_numbers_cost_no_exactness(distinct: int) -> None:
    random = np.random.default_rng(distinct)
    values = random.integers(0, distinct, 60_000).astype(np.float64)
    for known in (np.zeros(0), np.unique(values[:2_048])):
        assert least_hashes(values, distinct, known).tolist() == least_hashes(values, 1).tolist()


@pytest.mark.parametrize(
    "values",
    [
        np.arange(50_000.0),
        np.arange(50_000) / 10,
        np.arange(50_000) * 1024.0,
        1.7e9 + np.arange(50_000),
        -np.arange(50_000.0),
    ],
    ids=["whole", "tenths", "multiples", "times", "negative"],
)
def test_the_number_of_distinct_ones_is_near_for_regular_numbers_too(values: Floats) -> None:
    assert estimate(least_hashes(values, 1_000)) == pytest.approx(len(values), rel=0.4)  # three standard errors


def test_the_number_of_distinct_ones_has_the_error_that_is_said() -> None:
    random = np.random.default_rng(8)
    found = np.array([shape_of(random.normal(size=3_000), 100).distinct for _ in range(100)])
    assert found.mean() == pytest.approx(3_000, rel=0.06)
    assert found.std() / 3_000 == pytest.approx(0.13, abs=0.05)


@pytest.mark.parametrize("batch", [1, 20, 1_000, 30_000])
def test_a_number_that_comes_often_is_named(batch: int) -> None:
    random = np.random.default_rng(9)
    values = random.normal(size=30_000)
    values[random.random(30_000) < 0.2] = -1.0
    values[random.random(30_000) < 0.05] = 99.0
    found = shape_of(values, batch).frequent(30_000)
    assert [value for value, _ in found] == [-1.0, 99.0]
    assert found[0][1] == pytest.approx((values == -1).sum(), rel=0.25)


def test_infinite_and_missing_numbers_have_no_part_in_it() -> None:
    profile = fit("x", np.random.default_rng(1).normal(size=1_000), "numeric")
    counts = profile.count(np.array([0.0, 1.0, np.nan, np.inf, -np.inf, 2.0]))
    assert counts.shape.distinct == 3
    assert counts.shape.quantiles((0.5,), 0.0, 2.0) == [1.0]


def test_numbers_that_the_reference_does_not_know_have_quantiles() -> None:
    random = np.random.default_rng(1)
    for reference in (random.normal(size=1_000), random.integers(0, 3, 1_000).astype(float)):
        counts = fit("x", reference, "numeric").count(random.normal(1e6, 1, 5_000))
        assert counts.shape.quantiles((0.5,), counts.moments.least, counts.moments.most) == pytest.approx([1e6], abs=1)


def test_a_snapshot_of_before_there_were_shapes_is_taken() -> None:
    own, matrix = Moments(3, 0.0, 1.0), np.ones((2, 3), np.int64)
    old = Counts(np.array([1, 2]), moments=own)
    state: Any = old.__getstate__()
    found = Counts.__new__(Counts)
    found.__setstate__(state[:-1])
    assert (found.shape, found.moments) == (NO_SHAPE, own)
    found = Counts.__new__(Counts)
    found.__setstate__(state[:-2])
    assert (found.shape, found.unseen, found.moments) == (NO_SHAPE, old.unseen, own)
    parts = CountsBySegment.__new__(CountsBySegment)
    parts.__setstate__([*state[:-1], matrix])
    assert parts.shape == NO_SHAPE
    assert parts.segments is matrix
    again = pickle.loads(pickle.dumps(parts))
    assert again.segments.tolist() == matrix.tolist()
