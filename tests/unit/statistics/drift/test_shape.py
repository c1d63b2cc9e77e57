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
from vedette.statistics.drift.distinct import MOST, bits_of, estimate
from vedette.statistics.drift.profile import fit
from vedette.statistics.drift.segments import CountsBySegment
from vedette.statistics.drift.shape import AT_ONCE, CHUNKS, NO_SHAPE, SAMPLE, Shape

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
    # One sample of a batch has ranks with a standard error of 1.6 % in the middle; many batches have many samples.
    allowed = 0.06 if batch > SAMPLE else 0.02
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


@pytest.mark.parametrize("batch", [1, 130, 3_000])
def test_what_is_held_is_bounded_and_a_snapshot_is_smaller(batch: int) -> None:
    random = np.random.default_rng(4)
    found = NO_SHAPE
    for _ in range(300):
        found = found.merged(Shape.of(random.normal(size=batch)))
        assert len(found.digest.means) <= MOST_HELD
        assert len(found.raw) <= CHUNKS + 1
        waiting = sum(map(len, found.raw)) + sum(len(values) for values, _ in found.wait)
        assert waiting < 2 * AT_ONCE + SAMPLE
    packed = pickle.dumps(found)
    assert len(packed) < 9_000
    again = pickle.loads(packed)
    assert len(again.digest.means) <= CLUSTERS
    assert again.settled().digest.weights.sum() == pytest.approx(300 * batch)
    assert again.distinct == found.distinct
    assert again.covers(300 * batch)


@given(numbers, numbers, numbers)
def test_distinct_numbers_do_not_depend_on_batches(a: list[float], b: list[float], c: list[float]) -> None:
    one, two, three = (bits_of(np.array(part, np.float64)) for part in (a, b, c))
    assert one | two | three == bits_of(np.array(a + b + c, np.float64))
    many = len({value + 0.0 for value in a + b + c})
    assert estimate(one | two | three) == pytest.approx(many, rel=0.1, abs=2)


@pytest.mark.parametrize("many", [100, 5_000, 20_000])
@pytest.mark.parametrize(
    "family",
    [
        lambda many: np.arange(float(many)),
        lambda many: np.arange(many) / 100,
        lambda many: np.arange(many) * np.pi,
        lambda many: np.arange(many) * 1024.0,
        lambda many: 1.7e9 + np.arange(many),
        lambda many: -np.arange(float(many)),
        lambda many: np.random.default_rng(many).normal(size=many),
    ],
    ids=["whole", "hundredths", "of pi", "multiples", "times", "negative", "normal"],
)
def test_the_number_of_distinct_ones_is_near(family: Callable[[int], Floats], many: int) -> None:
    assert estimate(bits_of(family(many))) == pytest.approx(many, rel=0.06, abs=2)


def test_of_very_many_distinct_ones_it_is_said_that_there_are_many() -> None:
    assert estimate(bits_of(np.arange(1e6))) == MOST


@pytest.mark.parametrize("batch", [1, 20, 1_000, 30_000])
def test_a_number_that_comes_often_is_named(batch: int) -> None:
    random = np.random.default_rng(9)
    values = random.normal(size=30_000)
    values[random.random(30_000) < 0.2] = -1.0
    values[random.random(30_000) < 0.05] = 99.0
    found = shape_of(values, batch).frequent(30_000)
    assert [value for value, _ in found] == [-1.0, 99.0]
    assert found[0][1] == pytest.approx((values == -1).sum(), rel=0.25)


@pytest.mark.parametrize("batch", [1, 10, 63, 1_000])
def test_a_frequent_number_is_found_among_many_that_come_again(batch: int) -> None:
    random = np.random.default_rng(5)
    values = random.integers(0, 1_000, 20_000).astype(float)
    values[random.random(20_000) < 0.06] = -7.0
    assert shape_of(values, batch).frequent(20_000)[0][0] == -7.0


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
