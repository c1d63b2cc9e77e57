"""Log-bucket sketches: error, merging, odd values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.sketch import ALPHA, GAMMA, Sketch, nearest_rank

finite = st.floats(-1e9, 1e9, allow_nan=False).filter(lambda x: x == 0 or abs(x) > 1e-6)


def sketch_of(values: list[float]) -> Sketch:
    sketch = Sketch()
    sketch.add(values)
    return sketch


@given(st.lists(finite, min_size=1, max_size=200), st.floats(0, 1))
def test_a_quantile_is_within_one_per_cent_of_the_value_at_its_rank(values: list[float], q: float) -> None:
    exact = sorted(values)[nearest_rank(q, len(values)) - 1]
    found = sketch_of(values).quantile(q)
    assert found == pytest.approx(exact, rel=ALPHA * 1.0001, abs=0)


@given(st.lists(finite, max_size=100), st.integers(0, 100))
def test_merging_parts_equals_sketching_the_whole(values: list[float], cut: int) -> None:
    merged = sketch_of(values[:cut])
    merged.merge(sketch_of(values[cut:]))
    whole = sketch_of(values)
    assert [merged.quantile(q / 10) for q in range(11)] == [whole.quantile(q / 10) for q in range(11)]
    assert merged.count == whole.count == len(values)


@given(st.lists(finite | st.just(math.nan), max_size=50))
def test_bytes_give_the_same_sketch_back(values: list[float]) -> None:
    sketch = sketch_of(values)
    again = Sketch.from_bytes(sketch.to_bytes())
    assert (again.count, again.nans, again.zeros) == (sketch.count, sketch.nans, sketch.zeros)
    assert [again.quantile(q / 4) for q in range(5)] == [sketch.quantile(q / 4) for q in range(5)]


def test_nothing_counted_has_no_quantile() -> None:
    assert Sketch().quantile(0.5) is None


def test_nan_zero_negative_and_infinite_values_have_their_places() -> None:
    sketch = sketch_of([math.nan, 0.0, -5.0, math.inf])
    assert (sketch.nans, sketch.zeros, sketch.count) == (1, 1, 3)
    assert sketch.quantile(0) == pytest.approx(-5, rel=ALPHA)
    top = sketch.quantile(1)
    assert top is not None
    assert top > 1e300


def test_the_number_of_buckets_is_bounded_and_large_quantiles_stay_right() -> None:
    sketch = sketch_of(list(np.logspace(-150, 150, 5000)))
    assert len(sketch.to_bytes()) < 10_000
    assert sketch.quantile(1) == pytest.approx(1e150, rel=ALPHA)


@pytest.mark.parametrize(
    ("q", "count", "rank"), [(0.0, 6, 1), (0.5, 6, 3), (0.95, 6, 6), (0.95, 100, 95), (0.07, 100, 7), (1.0, 1, 1)]
)
def test_a_quantile_s_rank_is_the_first_that_covers_its_share(q: float, count: int, rank: int) -> None:
    assert nearest_rank(q, count) == rank


@given(st.lists(st.lists(finite | st.just(math.nan) | st.just(0.0), max_size=30), max_size=6))
def test_sketches_merged_from_bytes_are_those_merged_one_by_one(parts: list[list[float]]) -> None:
    one_by_one = Sketch()
    for part in parts:
        one_by_one.merge(sketch_of(part))
    assert Sketch.merged(sketch_of(part).to_bytes() for part in parts).to_bytes() == one_by_one.to_bytes()


@pytest.mark.parametrize(("count", "width"), [(255, 1), (256, 2), (65_535, 2), (65_536, 4)])
def test_counts_take_as_many_bytes_as_the_largest_needs(count: int, width: int) -> None:
    sketch = Sketch()
    sketch.add([1.0] * count + [10.0])
    empty = len(Sketch().to_bytes())
    buckets = math.ceil(math.log(10.0) / math.log(GAMMA)) + 1
    assert len(sketch.to_bytes()) == empty + width * buckets
    assert Sketch.from_bytes(sketch.to_bytes()).count == count + 1


def test_the_first_form_is_still_read() -> None:
    written = bytes.fromhex("01" + "02" + "00" * 7 + "01" + "00" * 7 + "0500" + "0200" + "0000" + "0000")
    sketch = Sketch.from_bytes(written + (7).to_bytes(4, "little") + (1).to_bytes(4, "little"))
    assert (sketch.zeros, sketch.nans, sketch.count) == (2, 1, 10)


@pytest.mark.parametrize("data", [b"", b"\x01", b"\x02" + bytes(40), Sketch().to_bytes() + b"x"])
def test_broken_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(InvalidInput, match="sketch"):
        Sketch.from_bytes(data)


@pytest.mark.parametrize("q", [-0.1, 1.1, math.nan])
def test_a_quantile_outside_zero_to_one_is_refused(q: float) -> None:
    with pytest.raises(InvalidInput, match="quantile"):
        sketch_of([1.0]).quantile(q)
