"""Places: the locations of a monitor divide its interval, and hardly move when another one appears."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.monitors import Monitor
from probes.places import EVEN, Place
from probes.schedule import offset_s

MONITORS = [
    Monitor(id=number, name="m", url="http://x/", interval_s=interval_s)
    for number, interval_s in zip(range(1, 1001), (60, 300, 30, 3600, 45) * 200, strict=True)
]


def offsets(monitor: Monitor, count: int) -> list[int]:
    """The offsets of the locations 0, 1, … of as many."""
    return [offset_s(monitor, f"at-{index}", Place(index, count)) for index in range(count)]


def largest_gap(monitor: Monitor, count: int) -> float:
    """The longest time that nobody looks, in intervals."""
    at = sorted(offsets(monitor, count))
    gaps = [after - before for before, after in zip(at, [*at[1:], at[0] + monitor.interval_s], strict=True)]
    return max(gaps) / monitor.interval_s


@pytest.mark.parametrize(("count", "most"), [(1, 1.0), (2, 0.5), (3, 1 / 3), (4, 0.25), (5, 0.237), (8, 0.147)])
def test_the_largest_gap_of_a_thousand_monitors_is_near_an_equal_part(count: int, most: float) -> None:
    for monitor in MONITORS:
        assert largest_gap(monitor, count) <= most + 1 / monitor.interval_s  # offsets are whole seconds


def test_equal_parts_are_exact_where_the_interval_can_be_divided() -> None:
    for monitor in MONITORS:
        if monitor.interval_s != 45:
            assert largest_gap(monitor, 2) == 0.5
        assert largest_gap(monitor, 3) == pytest.approx(1 / 3)


@pytest.mark.parametrize("count", range(EVEN + 1, 40))
def test_of_five_and_more_nobody_moves_when_another_one_appears(count: int) -> None:
    for monitor in MONITORS[:5]:
        assert offsets(monitor, count + 1)[:count] == offsets(monitor, count)


@pytest.mark.parametrize("count", range(1, EVEN + 1))
def test_of_fewer_the_first_stays_and_the_others_move_by_a_sixth_at_most(count: int) -> None:
    for monitor in MONITORS:
        before, after = offsets(monitor, count), offsets(monitor, count + 1)
        assert after[0] == before[0]
        for old, new in zip(before, after, strict=False):
            moved = (new - old) % monitor.interval_s
            assert min(moved, monitor.interval_s - moved) <= monitor.interval_s / 6 + 1


def test_listed_locations_divide_the_interval_among_themselves_whatever_the_account_has() -> None:
    one = Monitor(id=9, name="m", url="http://x/", interval_s=60, locations=["us", "eu"])
    alone = {location: offset_s(one, location) for location in one.locations}
    assert {location: offset_s(one, location, Place(3, 4)) for location in one.locations} == alone


@given(st.integers(1, 200).flatmap(lambda n: st.tuples(st.integers(0, n - 1), st.just(n))), st.integers(1, 86_400))
def test_a_shift_lies_within_the_interval(place: tuple[int, int], interval_s: int) -> None:
    assert 0 <= Place(*place).shift_s(interval_s) < interval_s


def test_a_place_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="allowed: 0 to 2"):
        Place(3, 3)
