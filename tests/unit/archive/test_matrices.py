"""Matrices come back with the same bits, whatever numbers they hold."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from vedette.archive.kinds.matrices import AS_IT_IS, pack, unpack

NUMBERS = st.one_of(
    st.floats(width=64),
    st.integers(-(2**53), 2**53).map(float),
    st.integers(-(10**6), 10**6).map(lambda n: n / 100),
    st.sampled_from([0.0, -0.0, float("nan"), float("inf"), float("-inf"), 2.0**53, 2.0**63, 5e-324, 1e308]),
)
BLOCKS = st.integers(1, 4).flatmap(
    lambda width: st.lists(
        st.integers(1, 6).flatmap(lambda rows: arrays.arrays(np.float64, (rows, width), elements=NUMBERS)),
        min_size=1,
        max_size=4,
    )
)


@settings(deadline=None)  # the machine may be busy
@given(BLOCKS)
def test_every_bit_comes_back(blocks: list[np.ndarray]) -> None:  # type: ignore[type-arg]  # hypothesis' own type
    for block, packed in zip(blocks, pack(blocks), strict=True):
        assert unpack(packed).tobytes() == block.tobytes()


@pytest.mark.parametrize(
    ("values", "scale"),
    [
        ([1.0, 2.0, 1e15], 0),
        ([1.5, 2.0], 1),
        ([0.25, 0.1], 2),
        ([0.0001], 4),
        ([0.00001], AS_IT_IS),
        ([1 / 3], AS_IT_IS),
        ([1.0, -0.0], AS_IT_IS),
        ([1.0, float("nan")], AS_IT_IS),
        ([2.0**53], AS_IT_IS),
    ],
)
def test_the_fewest_places_that_are_exact_for_all_are_taken(values: list[float], scale: int) -> None:
    (packed,) = pack([np.array(values)[:, None]])
    assert packed.scales.tolist() == [scale]
    assert len(packed.whole) == (0 if scale == AS_IT_IS else len(values))


def test_a_block_does_not_decide_for_another() -> None:
    whole, split = pack([np.array([[1.0], [2.0]]), np.array([[0.1], [1 / 3]])])
    assert (whole.scales.tolist(), split.scales.tolist()) == ([0], [AS_IT_IS])
