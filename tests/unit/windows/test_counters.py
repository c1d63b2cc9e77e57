"""Counters: increases and rates, resets, order."""

from __future__ import annotations

import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vedette.windows.counters import Counters


def run(state: Counters, *reports: tuple[int, int, float]) -> list[tuple[float, float]]:
    """Increase and rate of each (source, second, value), with one counter."""
    sources, seconds, values = zip(*reports, strict=True)
    slots = np.asarray([state.slots(source, ["requests"]) for source in sources])
    raw = np.asarray(values, np.float64)[:, None]
    increase, rate = state.increases(np.asarray(sources), slots, np.asarray(seconds) * 1000, raw)
    return list(zip(increase[:, 0].tolist(), rate[:, 0].tolist(), strict=True))


def test_the_increase_is_the_difference_and_the_rate_is_per_second() -> None:
    assert run(Counters(), (1, 10, 100), (1, 20, 150), (1, 25, 150))[1:] == [(50, 5), (0, 0)]


def test_a_first_report_has_no_increase() -> None:
    ((increase, rate),) = run(Counters(), (1, 10, 100))
    assert increase == 0
    assert math.isnan(rate)


def test_a_counter_that_is_smaller_began_anew_at_zero() -> None:
    assert run(Counters(), (1, 10, 100), (1, 20, 30))[1] == (30, 3)


def test_a_report_that_is_not_newer_has_no_increase_and_the_next_counts_from_the_last_good_one() -> None:
    found = run(Counters(), (1, 10, 100), (1, 20, 200), (1, 15, 150), (1, 20, 999), (1, 30, 210))
    assert [increase for increase, _ in found] == [0, 100, 0, 0, 10]
    assert [math.isnan(rate) for _, rate in found] == [True, False, True, True, False]


def test_sources_do_not_mix_and_state_grows_with_them() -> None:
    state = Counters()
    run(state, *((source, 10, source) for source in range(50)))
    found = run(state, *((source, 20, 3 * source) for source in reversed(range(50))))
    assert [increase for increase, _ in found] == [2 * source for source in reversed(range(50))]


def test_a_counter_goes_on_in_whatever_company_it_is_reported() -> None:
    state = Counters()
    one, two = np.asarray([1]), np.asarray([[7.0, 100.0]])
    both = np.asarray([state.slots(1, ["other", "requests"])])
    state.increases(one, both, np.asarray([10_000]), two)
    assert run(state, (1, 20, 130)) == [(30, 3)]
    increase, _ = state.increases(one, both, np.asarray([15_000]), np.asarray([[9.0, 110.0]]))
    assert increase.tolist() == [[2.0, 0.0]]  # newer for one of them, older for the other


def oracle(reports: list[tuple[int, int, float]]) -> list[float]:
    last: dict[int, tuple[int, float]] = {}
    found = []
    for source, second, value in reports:
        before = last.get(source)
        if before is not None and second <= before[0]:
            found.append(0.0)
            continue
        last[source] = (second, value)
        found.append(0.0 if before is None else value - before[1] if value >= before[1] else value)
    return found


@given(
    st.lists(
        st.lists(st.tuples(st.integers(0, 12), st.integers(1, 30), st.integers(0, 50).map(float)), min_size=1),
        max_size=6,
    )
)
def test_any_split_into_batches_and_restarts_gives_the_increases_of_the_oracle(
    batches: list[list[tuple[int, int, float]]],
) -> None:
    state, found = Counters(), []
    for batch in batches:
        found += [increase for increase, _ in run(state, *batch)]
        state = pickle.loads(pickle.dumps(state))
    assert found == pytest.approx(oracle([report for batch in batches for report in batch]))
