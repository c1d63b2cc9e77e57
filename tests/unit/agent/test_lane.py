"""The lane: calls one after the other in one thread, and another one when a call hangs."""

from __future__ import annotations

import threading

from agent.collectors import Group
from agent.realtime.lane import Lane
from vedette.clock import FakeClock


def group() -> list[Group]:
    return [Group({threading.current_thread().name: 1.0})]


def test_calls_share_a_thread_that_is_not_kept_when_it_is_closed() -> None:
    lane = Lane(FakeClock(), 1.0)
    names = {name for _ in range(3) for found in lane.start(group).result(10) for name in found.values}
    assert len(names) == 1
    thread = next(thread for thread in threading.enumerate() if thread.name in names)
    assert thread.daemon
    lane.close()
    thread.join(10)
    assert not thread.is_alive()
    assert lane.start(group).result(10), "and it can be used again"
    lane.close()


def test_a_call_that_raises_costs_only_itself() -> None:
    lane = Lane(FakeClock(), 1.0)

    def broken() -> list[Group]:
        raise OSError("broken")

    failed = lane.start(broken)
    assert lane.start(group).result(10)
    assert isinstance(failed.exception(10), OSError)
    lane.close()


def test_a_call_that_hangs_is_left_its_lane() -> None:
    clock, begun, free = FakeClock(), threading.Event(), threading.Event()
    lane = Lane(clock, 1.0)

    def hanging() -> list[Group]:
        begun.set()
        assert free.wait(60)
        return []

    hung = lane.start(hanging)
    assert begun.wait(10)
    behind = lane.start(group)
    clock.advance(1.5)
    lane.relieve()
    assert behind.result(10), "it has another lane"
    assert lane.start(group).result(10)
    assert not hung.done()
    free.set()
    assert hung.result(10) == []
    lane.close()
