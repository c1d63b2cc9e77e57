"""The loop: does the work at the start and then at each deadline of the schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agent.cadence import Cadence
from vedette.clock import Clock
from vedette.telemetry import get_logger


async def tick(clock: Clock, cadence: Cadence, work: Callable[[float], Awaitable[None]]) -> None:
    """Await `work(late_ms)` at once and at every deadline, for ever; ends by cancellation or an error of `work`.

    `late_ms` is how long after its deadline a tick began. While one tick's work runs over the deadlines of
    others, those are skipped and logged. When the cadence changes, the next tick is the first of the new schedule.
    """
    log = get_logger("loop")
    await work(0.0)
    schedule, last = cadence.schedule, -1
    while True:
        if cadence.schedule is not schedule:
            schedule, last = cadence.schedule, -1
        due = schedule.following(last, clock.monotonic())
        if due > last + 1:
            log.warning("ticks_skipped", ticks=due - last - 1)
        deadline = schedule.deadline(due)
        if not await cadence.wait(deadline):
            continue
        await work(max(0.0, clock.monotonic() - deadline) * 1000)
        last = due
