"""The schedule: every monitor once per interval, evenly spread, in the same second for ever."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from probes.monitors import Monitor
from probes.schedule import Schedule, Slot, offset_s, portions

NOW = 1_700_000_000


def monitor(number: int, interval_s: int = 60, locations: tuple[str, ...] = ()) -> Monitor:
    return Monitor(id=number, name=f"m{number}", url="http://x/", interval_s=interval_s, locations=list(locations))


@given(
    intervals=st.lists(st.integers(1, 120), min_size=1, max_size=8),
    begin=st.integers(0, 1 << 33),
    location=st.sampled_from(["local", "eu", "us-1"]),
)
def test_every_monitor_is_due_exactly_once_in_any_window_of_its_interval(
    intervals: list[int], begin: int, location: str
) -> None:
    monitors = [monitor(number + 1, interval) for number, interval in enumerate(intervals)]
    schedule = Schedule(monitors, location)
    for one in monitors:
        window = range(begin, begin + one.interval_s)
        assert sum(slot.monitor == one.id for tick in window for slot in schedule.due(tick)) == 1


def test_a_slot_carries_its_tick_in_milliseconds() -> None:
    assert Schedule([monitor(7, interval_s=1)], "local").due(NOW) == [Slot(7, NOW * 1000)]


def test_an_empty_schedule_has_nothing_due() -> None:
    assert Schedule([], "local").due(NOW) == []


def test_ten_thousand_monitors_spread_evenly_over_the_minute() -> None:
    schedule = Schedule([monitor(number + 1) for number in range(10_000)], "local")
    load = [len(schedule.due(NOW + second)) for second in range(60)]
    assert sum(load) == 10_000
    assert max(load) < 230  # 167 on average; a binomial of that mean passes 230 once in a million
    assert min(load) > 110


def test_an_offset_does_not_depend_on_the_other_monitors() -> None:
    alone = Schedule([monitor(5)], "local")
    among = Schedule([monitor(number + 1) for number in range(100)], "local")
    tick = NOW + next(s for s in range(60) if alone.due(NOW + s))
    assert Slot(5, tick * 1000) in among.due(tick)


def test_the_listed_locations_of_a_monitor_divide_its_interval() -> None:
    one = monitor(9, locations=("us", "eu", "asia"))
    first, second, third = sorted(offset_s(one, location) for location in one.locations)
    assert [second - first, third - second] == [20, 20]


def test_all_locations_get_offsets_of_their_own_when_an_older_gateway_tells_no_place() -> None:
    one = monitor(9, interval_s=3600)
    assert len({offset_s(one, location) for location in ("us", "eu", "asia")}) == 3


@given(st.integers(1, 1 << 62), st.integers(1, 86_400))
def test_an_offset_lies_within_the_interval(number: int, interval_s: int) -> None:
    assert 0 <= offset_s(monitor(number, interval_s), "local") < interval_s


@given(st.integers(0, 500), st.integers(1, 50), st.integers(1, 20))
def test_portions_keep_every_slot_and_their_order(number: int, size: int, most: int) -> None:
    slots = [Slot(i, 0) for i in range(number)]
    parts = portions(slots, size, most)
    assert [slot for part in parts for slot in part] == slots
    assert 1 <= len(parts) <= most


@pytest.mark.parametrize(("number", "sizes"), [(19, [19]), (40, [20, 20]), (1000, [100] * 10)])
def test_portions_are_as_even_as_can_be(number: int, sizes: list[int]) -> None:
    parts = portions([Slot(i, 0) for i in range(number)], 20, 10)
    assert [len(part) for part in parts] == sizes


def test_the_hash_spreads_small_intervals_over_all_their_seconds() -> None:
    seen = Counter(offset_s(monitor(number + 1, 5), "local") for number in range(1000))
    assert set(seen) == {0, 1, 2, 3, 4}
