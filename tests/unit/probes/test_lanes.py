"""Lanes: bounded, fair, and never two checks of one monitor at once."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from probes.lanes import Lanes
from probes.schedule import Slot


def test_a_slot_starts_when_a_lane_is_free() -> None:
    lanes = Lanes(1)
    assert lanes.offer(Slot(1, 0)) is None
    assert lanes.start() == [Slot(1, 0)]


def test_a_slot_waits_while_no_lane_is_free() -> None:
    lanes = Lanes(1)
    lanes.offer(Slot(1, 0))
    lanes.start()
    assert lanes.offer(Slot(2, 0)) is None
    assert lanes.start() == []
    assert lanes.waiting == 1
    lanes.done(1)
    assert lanes.start() == [Slot(2, 0)]


def test_a_monitor_that_still_runs_misses_its_new_slot() -> None:
    lanes = Lanes(5)
    lanes.offer(Slot(1, 0))
    lanes.start()
    assert lanes.offer(Slot(1, 60_000)) == Slot(1, 60_000)
    assert lanes.start() == []


def test_a_monitor_that_has_ended_takes_its_new_slot() -> None:
    lanes = Lanes(5)
    lanes.offer(Slot(1, 0))
    lanes.start()
    lanes.done(1)
    assert lanes.offer(Slot(1, 60_000)) is None
    assert lanes.start() == [Slot(1, 60_000)]


def test_a_monitor_that_still_waits_misses_its_old_slot_and_keeps_its_place() -> None:
    lanes = Lanes(1)
    for slot in (Slot(1, 0), Slot(2, 0), Slot(3, 0)):
        lanes.offer(slot)
    lanes.start()
    assert lanes.offer(Slot(2, 60_000)) == Slot(2, 0)
    lanes.done(1)
    assert lanes.start() == [Slot(2, 60_000)]


def test_removed_monitors_leave_the_queue_but_not_their_lane() -> None:
    lanes = Lanes(1)
    lanes.offer(Slot(1, 0))
    lanes.start()
    lanes.offer(Slot(2, 0))
    lanes.keep({3})
    assert lanes.open() == [Slot(1, 0)]


def test_giving_up_returns_what_waited_and_only_that() -> None:
    lanes = Lanes(1)
    lanes.offer(Slot(1, 0))
    lanes.start()
    lanes.offer(Slot(2, 0))
    assert lanes.give_up() == [Slot(2, 0)]
    assert lanes.open() == [Slot(1, 0)]


@given(st.integers(1, 4), st.lists(st.tuples(st.booleans(), st.integers(1, 6)), max_size=60))
def test_no_slot_is_lost_and_the_capacity_holds(capacity: int, moves: list[tuple[bool, int]]) -> None:
    lanes = Lanes(capacity)
    offered, missed, running, ended = 0, 0, set(), 0
    for step, (offering, number) in enumerate(moves):
        if offering:
            offered += 1
            missed += lanes.offer(Slot(number, step)) is not None
        elif number in running:
            running.discard(number)
            lanes.done(number)
            ended += 1
        started = [slot.monitor for slot in lanes.start()]
        assert not running & set(started)
        running |= set(started)
        assert len(running) <= capacity
    assert offered == missed + ended + len(lanes.open())
