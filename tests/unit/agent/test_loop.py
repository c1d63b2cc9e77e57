"""The loop keeps its deadlines: no drift, no bunching."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from itertools import pairwise

import pytest
from structlog.testing import capture_logs

from agent.cadence import Cadence
from agent.loop import tick
from agent.schedule import Schedule
from vedette.clock import FakeClock


class Enough(Exception):
    """The test has seen enough ticks."""


def steady(clock: FakeClock) -> Cadence:
    """One tick each ten seconds, the first at four."""
    cadence = Cadence("any", clock, 10.0)
    cadence.schedule = Schedule(4.0, 10.0)
    return cadence


def run_ticks(count: int, duration: Callable[[int], float], oversleep: float = 0.0) -> tuple[list[float], list[float]]:
    """When `count` ticks began, and how late in ms; tick `n` takes `duration(n)` seconds."""

    class Clock(FakeClock):
        async def sleep_until(self, deadline: float) -> None:
            await super().sleep_until(deadline + oversleep)

    clock = Clock()
    began: list[float] = []
    late: list[float] = []

    async def work(late_ms: float) -> None:
        if len(began) == count:
            raise Enough
        began.append(clock.monotonic())
        late.append(late_ms)
        clock.advance(duration(len(began) - 1))

    with pytest.raises(Enough):
        asyncio.run(tick(clock, steady(clock), work))
    return began, late


def test_the_first_report_goes_out_at_once_and_the_others_at_their_deadlines() -> None:
    assert run_ticks(4, lambda n: 0.0)[0] == [0.0, 4.0, 14.0, 24.0]


def test_work_that_takes_time_does_not_make_the_ticks_drift() -> None:
    assert run_ticks(1000, lambda n: 3.7)[0][-1] == 4.0 + 998 * 10.0


def test_a_tick_that_overruns_skips_the_missed_ones_instead_of_bunching_them() -> None:
    with capture_logs() as logs:
        began, _ = run_ticks(5, lambda n: 35.0 if n == 1 else 0.0)
    assert began == [0.0, 4.0, 44.0, 54.0, 64.0]
    assert [(entry["event"], entry["ticks"]) for entry in logs] == [("ticks_skipped", 3)]


def test_ticks_in_time_skip_nothing() -> None:
    with capture_logs() as logs:
        run_ticks(20, lambda n: 3.9)
    assert logs == []


def test_how_late_a_tick_began_is_told_and_not_carried_on() -> None:
    began, late = run_ticks(4, lambda n: 0.0, oversleep=0.25)
    assert began == [0.0, 4.25, 14.25, 24.25]
    assert late == [0.0, 250.0, 250.0, 250.0]


def test_another_cadence_counts_at_once_and_loses_no_tick() -> None:
    clock = FakeClock(now_ms=0)
    cadence = steady(clock)
    began: list[float] = []

    async def work(late_ms: float) -> None:
        began.append(clock.monotonic())
        if len(began) == 3:
            cadence.change(2.0)  # at 14: the next would have been due at 24
        if len(began) == 6:
            raise Enough

    with capture_logs() as logs, pytest.raises(Enough):
        asyncio.run(tick(clock, cadence, work))
    assert began[:3] == [0.0, 4.0, 14.0]
    assert 14.0 < began[3] <= 14.0 + 1.1 * 2.0
    assert [round(later - earlier, 6) for earlier, later in pairwise(began[3:])] == [2.0, 2.0]
    assert logs == []


def test_who_waits_for_a_far_deadline_is_woken_by_a_quicker_cadence() -> None:
    class Stuck(FakeClock):
        async def sleep_until(self, deadline: float) -> None:
            await asyncio.Event().wait()

    async def go() -> bool:
        cadence = Cadence("any", Stuck(), 3600.0)
        waiting = asyncio.ensure_future(cadence.wait(3600.0))
        await asyncio.sleep(0)
        cadence.change(3600.0)
        await asyncio.sleep(0)
        assert not waiting.done(), "the same again changes nothing"
        cadence.change(5.0)
        return await asyncio.wait_for(waiting, 10)

    assert asyncio.run(go()) is False
