"""The loop: does the work at the start and then at each deadline of the schedule."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from agent.schedule import Schedule
from vedette.clock import Clock
from vedette.telemetry import get_logger


async def tick(clock: Clock, schedule: Schedule, work: Callable[[float], Awaitable[None]]) -> None:
    """Await `work(late_ms)` at once and at every deadline, for ever; ends by cancellation or an error of `work`.

    `late_ms` is how long after its deadline a tick began. While one tick's work runs over the deadlines of
    others, those are skipped and logged.
    """
    log = get_logger("loop")
    await work(0.0)
    last = -1
    while True:
        due = schedule.following(last, clock.monotonic())
        if due > last + 1:
            log.warning("ticks_skipped", ticks=due - last - 1)
        deadline = schedule.deadline(due)
        await clock.sleep_until(deadline)
        await work(max(0.0, clock.monotonic() - deadline) * 1000)
        last = due
