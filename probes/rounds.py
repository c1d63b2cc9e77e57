"""Rounds: the checks of each tick, started on time and followed to their result."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import msgspec

from probes.check import Check, Vantage
from probes.journal import JournalState
from probes.kinds import build_check
from probes.lanes import Lanes
from probes.monitors import Monitor
from probes.moves import Moves
from probes.orders import Orders
from probes.places import Place
from probes.schedule import Schedule, Slot, offset_s, portions
from probes.ticks import Ticks
from vedette.errors import InvalidInput
from vedette.events.checks import CheckResult
from vedette.events.control import Recheck
from vedette.telemetry import get_logger

PORTION = 20
STEPS = 10
STEP_S = 0.08
"""A second's checks start in up to `STEPS` portions of at least `PORTION`, `STEP_S` apart."""

NEW_AT_ONCE = 200
"""New monitors that are checked without waiting for their turn; of a longer list the turns are soon enough."""

SOON_S = 2
"""A turn so near is waited for."""

BRAKE_S = 60
"""No second turn beside the schedule within so long."""

SAVE_EVERY = 10
"""Ticks after which the journal is saved even when nothing was due."""


class Rounds:
    """Drives schedule, ticks and lanes with the clock; each result goes to `report`.

    `earlier` is the state that the last run left: its open slots, and the ticks since, become `missed` as
    soon as the monitors are known.
    """

    def __init__(
        self,
        vantage: Vantage,
        lanes: Lanes,
        earlier: JournalState | None,
        *,
        report: Callable[[CheckResult], None],
        touch: Callable[[], None],
    ) -> None:
        self._vantage = vantage
        self._lanes = lanes
        self._ticks = Ticks(earlier.watermark if earlier else None)
        self._left_open = earlier.open if earlier else []
        self._report = report
        self._touch = touch
        self._monitors: dict[int, Monitor] = {}
        self._checks: dict[int, Check] = {}
        self._place: Place | None = None
        self._moves = Moves(vantage.location)
        self._schedule = Schedule((), vantage.location)
        self._held: deque[Slot] = deque()  # due, but kept back for a later portion of this second
        self._early: dict[int, int] = {}  # when each had a turn beside the schedule, seconds UTC
        self._afterwards: set[int] = set()  # those that have one when their running check has ended
        self._known = asyncio.Event()
        self._tasks: set[asyncio.Task[None]] = set()
        self._orders = Orders()
        self._log = get_logger("probe")

    def use(self, monitors: Sequence[Monitor], place: Place | None = None) -> None:
        """Check these from now on; unchanged ones keep their check, running ones are let run.

        A monitor that is new or was changed since the list was first known has a turn at once, so that whoever made
        it sees what comes of it. Another `place` of this location moves the turns, and brings none at once.
        """
        known, fresh = self._known.is_set(), []
        checks: dict[int, Check] = {}
        for monitor in monitors:
            if self._monitors.get(monitor.id) == monitor and monitor.id in self._checks:
                checks[monitor.id] = self._checks[monitor.id]
                continue
            try:
                checks[monitor.id] = build_check(monitor, self._vantage)
            except InvalidInput as error:
                self._log.warning("monitor_refused", monitor=monitor.id, error=str(error))
            else:
                before = self._monitors.get(monitor.id)
                if before is None or _asked(before) != _asked(monitor):
                    fresh.append(monitor)
        if place != self._place:
            self._moves.move(monitors, self._place, place, self._ticks.watermark)
            self._place = place
        self._moves.forget(fresh)
        self._monitors = {monitor.id: monitor for monitor in monitors}
        self._checks = checks
        self._schedule = Schedule((m for m in monitors if m.id in checks), self._vantage.location, place)
        self._lanes.keep(checks)
        if known and len(fresh) <= NEW_AT_ONCE:
            self._check_at_once(fresh)
        self._known.set()

    def _check_at_once(self, monitors: Sequence[Monitor]) -> None:
        """With the next tick, or when the check of what it was before has ended; not those whose turn comes soon.

        A list that changes again and again has each of them checked once a minute beside their turns at most.
        """
        now_s = self._vantage.clock.now_ms() // 1000
        self._early = {key: at for key, at in self._early.items() if now_s - BRAKE_S < at <= now_s}
        running = {slot.monitor for slot in self._lanes.open()}
        held = {slot.monitor for slot in self._held}
        for monitor in monitors:
            wait_s = (offset_s(monitor, self._vantage.location, self._place) - now_s) % monitor.interval_s
            is_soon = 0 < wait_s <= SOON_S or (wait_s == 0 and (self._ticks.watermark or 0) < now_s)
            if is_soon or monitor.id in held or monitor.id in self._early:
                continue
            self._early[monitor.id] = now_s
            if monitor.id in running:
                self._afterwards.add(monitor.id)
            else:
                self._held.append(Slot(monitor.id, (now_s + 1) * 1000))

    def state(self) -> JournalState | None:
        """What the journal must hold now, all results so far being written; None before the first tick."""
        if self._ticks.watermark is None or self._left_open:
            return None
        return JournalState(self._ticks.watermark, [*self._lanes.open(), *self._held])

    async def run(self) -> None:
        """Tick on whole seconds UTC for ever, once the monitors are known; ends by cancellation."""
        await self._known.wait()
        self._miss(self._left_open, "the probe was stopped")
        self._left_open = []
        clock = self._vantage.clock
        ticked_s = clock.now_ms() // 1000
        while True:
            # taken anew each time, so that neither a jump of the wall clock nor a long tick makes it drift
            now_ms = clock.now_ms()
            # Else a second has begun that nobody worked on: after a long tick, or a sleep that ended a hair too early.
            if now_ms // 1000 == ticked_s:
                await clock.sleep_until(clock.monotonic() + (1000 - now_ms % 1000) / 1000)
            ticked_s = clock.now_ms() // 1000
            await self.tick(ticked_s)

    async def tick(self, now_s: int) -> None:
        """Work on every tick up to `now_s` (seconds UTC) that was not worked on yet."""
        missed, live = self._ticks.take(now_s)
        for tick in missed:
            self._miss(self._due(tick), "the probe was stopped or stalled")
        clock = self._vantage.clock
        begin = clock.monotonic()
        self._moves.begin(live)
        self._held.extend(slot for tick in live for slot in self._due(tick))
        for step, portion in enumerate(portions(list(self._held), PORTION, STEPS)):
            if step:
                await clock.sleep_until(begin + step * STEP_S)
            for _ in portion:
                self._offer(self._held.popleft())
            self._start()
        if live and now_s % SAVE_EVERY == 0:
            self._touch()

    def _due(self, tick: int) -> list[Slot]:
        return self._moves.due(self._schedule.due(tick))

    def recheck(self, order: Recheck) -> None:
        """Check at once, beside the schedule, if the order is for here and still wanted; the result is reported."""
        check = self._checks.get(order.monitor)
        if check is None or order.location != self._vantage.location:
            return
        if self._orders.accept(order, self._vantage.clock.now_ms()):
            task = asyncio.create_task(self._run_again(order, check))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run_again(self, order: Recheck, check: Check) -> None:
        try:
            self._report(await check.run(order.scheduled_ms, order.attempt))
        finally:
            self._orders.done()

    async def stop(self, wait_s: float) -> None:
        """End: give running checks `wait_s` seconds; what has no result then is reported as missed."""
        self._miss([*self._lanes.give_up(), *self._held], "the probe stopped")
        self._held.clear()
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=wait_s)
        rest = list(self._tasks)
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _offer(self, slot: Slot) -> None:
        if slot.monitor not in self._checks:  # the list changed within this tick
            return
        missed = self._lanes.offer(slot)
        if missed is not None:
            why = "the check before it still ran" if missed == slot else "no free lane in its interval"
            self._miss([missed], why)

    def _start(self) -> None:
        for slot in self._lanes.start():
            task = asyncio.create_task(self._run(slot, self._checks[slot.monitor]))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _run(self, slot: Slot, check: Check) -> None:
        try:
            self._report(await check.run(slot.scheduled_ms))
        except asyncio.CancelledError:
            self._miss([slot], "the probe stopped")
            raise
        finally:
            self._lanes.done(slot.monitor)
            if slot.monitor in self._afterwards:
                self._afterwards.discard(slot.monitor)
                self._held.append(Slot(slot.monitor, (self._vantage.clock.now_ms() // 1000 + 1) * 1000))
            self._start()

    def _miss(self, slots: Sequence[Slot], why: str) -> None:
        """Report slots that were never checked; nothing started, so `started_ms` repeats the slot's time."""
        for slot in slots:
            monitor = self._monitors.get(slot.monitor)
            if monitor is not None:
                self._report(
                    CheckResult(
                        monitor=slot.monitor,
                        location=self._vantage.location,
                        scheduled_ms=slot.scheduled_ms,
                        started_ms=slot.scheduled_ms,
                        outcome="missed",
                        error=f"missed: {why}",
                        apdex_t_ms=monitor.apdex_t_ms,
                    )
                )


def _asked(monitor: Monitor) -> Monitor:
    """What is asked of the endpoint, whatever it is called."""
    return msgspec.structs.replace(monitor, name="", locations=sorted(monitor.locations))
