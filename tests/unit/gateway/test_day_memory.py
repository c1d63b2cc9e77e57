"""Day memory: found again after ten times as long as it took to find, and by one for all."""

from __future__ import annotations

import threading

import pytest

from ingest_api.day_memory import DayMemory
from vedette.clock import FakeClock


def test_a_value_is_given_again_for_ten_times_as_long_as_it_took() -> None:
    clock, found = FakeClock(), []
    memory = DayMemory[int](clock)

    def find() -> int:
        clock.advance(2)
        found.append(1)
        return len(found)

    assert [memory.get(1, find), memory.get(1, find)] == [1, 1]
    clock.advance(19)
    assert memory.get(1, find) == 1
    clock.advance(2)
    assert memory.get(1, find) == 2
    assert memory.get(2, find) == 3  # of another account


def test_what_costs_nothing_is_always_fresh() -> None:
    clock = FakeClock()
    memory = DayMemory[int](clock)
    assert [memory.get(1, lambda n=n: n) for n in (1, 2)] == [1, 2]  # type: ignore[misc]  # bound now


def test_an_error_is_not_remembered_and_keeps_nobody_out() -> None:
    memory = DayMemory[int](FakeClock())

    def fail() -> int:
        raise RuntimeError("away")

    with pytest.raises(RuntimeError):
        memory.get(1, fail)
    assert memory.get(1, lambda: 5) == 5


def test_who_asks_meanwhile_waits_for_the_same() -> None:
    clock = FakeClock()
    memory = DayMemory[int](clock)
    begun, go_on, found = threading.Event(), threading.Event(), []

    def slow() -> int:
        begun.set()
        assert go_on.wait(60)
        clock.advance(1)
        return 7

    threads = [threading.Thread(target=lambda: found.append(memory.get(1, slow))) for _ in range(3)]
    threads[0].start()
    assert begun.wait(60)
    for thread in threads[1:]:
        thread.start()
    begun.clear()
    go_on.set()
    for thread in threads:
        thread.join(60)
    assert found == [7, 7, 7]
    assert not begun.is_set()
