"""Before and after, and the floor of what can be found."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.errors import InvalidInput
from vedette.statistics.trends.comparison import compare
from vedette.statistics.trends.smallest import mean_delay, samples_needed, smallest_change
from vedette.statistics.trends.trinomial import Trinomial

REFERENCE = Trinomial(0.91, 0.08, 0.01)
window = st.tuples(st.integers(0, 500), st.integers(0, 500), st.integers(0, 500)).filter(lambda c: sum(c) > 0)


def test_the_difference_has_the_textbook_s_interval() -> None:
    found = compare((9100, 800, 100), (8900, 950, 150))
    assert found is not None
    error = math.sqrt(0.0275 / 10_000 + (0.89 + 0.095 / 4 - 0.9375**2) / 10_000)
    assert found.difference == pytest.approx(-0.0125)
    assert found.z == pytest.approx(-0.0125 / error, rel=1e-3)
    assert found.low == pytest.approx(-0.0125 - 1.959964 * error, rel=1e-3)
    assert found.p < 1e-5


@given(window, window)
def test_comparing_the_other_way_round_turns_the_sign(
    before: tuple[int, int, int], after: tuple[int, int, int]
) -> None:
    there, back = compare(before, after), compare(after, before)
    assert there is not None
    assert back is not None
    assert there.difference == pytest.approx(-back.difference)
    assert there.p == pytest.approx(back.p)
    assert there.low <= there.difference <= there.high


def test_two_windows_without_a_bad_check_are_not_certain() -> None:
    found = compare((10, 0, 0), (10, 0, 0))
    assert found is not None
    assert found.low < 0 < found.high
    assert found.p == 1


def test_an_interval_holds_the_truth_as_often_as_it_says() -> None:
    random = np.random.default_rng(8)
    held = 0
    for _ in range(1500):
        before = tuple(int(c) for c in random.multinomial(400, [0.91, 0.08, 0.01]))
        after = tuple(int(c) for c in random.multinomial(300, [0.89, 0.09, 0.02]))
        found = compare(before, after)  # type: ignore[arg-type] # three counts each
        held += found is not None and found.low <= 0.935 - 0.95 <= found.high
    assert held / 1500 == pytest.approx(0.95, abs=0.02)


def test_a_window_without_checks_cannot_be_compared() -> None:
    assert compare((0, 0, 0), (10, 0, 0)) is None
    with pytest.raises(InvalidInput, match="after"):
        compare((1, 0, 0), (1, -1, 0))


def test_the_published_floor_is_met() -> None:
    assert samples_needed(REFERENCE, 0.01) == pytest.approx(6424, abs=1)
    assert samples_needed(REFERENCE, -0.005) == pytest.approx(25_700, rel=0.001)


@given(st.integers(10, 10_000_000))
def test_the_smallest_change_needs_the_samples_that_there_are(samples: int) -> None:
    change = smallest_change(REFERENCE, samples)
    assert samples_needed(REFERENCE, change) == pytest.approx(samples, abs=1)


def test_a_smaller_change_takes_longer_to_be_found() -> None:
    delays = [mean_delay(REFERENCE, -drop, 25, 1000) for drop in (0.02, 0.01, 0.005)]
    assert delays == sorted(delays)
    assert mean_delay(REFERENCE, 0.01, 25, 1000) < delays[1]  # a rise is less skewed


def test_the_floor_refuses_what_means_nothing() -> None:
    with pytest.raises(InvalidInput, match="change"):
        samples_needed(REFERENCE, 0)
    with pytest.raises(InvalidInput, match="samples"):
        smallest_change(REFERENCE, 0)
