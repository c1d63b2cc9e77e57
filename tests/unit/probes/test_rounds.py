"""Rounds: each slot ends as exactly one result, checked or missed."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import pytest

from probes import kinds
from probes.check import Vantage
from probes.journal import JournalState
from probes.lanes import Lanes
from probes.monitors import Monitor
from probes.rounds import Rounds
from probes.schedule import Slot
from vedette.clock import FakeClock
from vedette.events.checks import CheckResult

NOW = 1_700_000_000


class HeldCheck:
    """A check that is up as soon as `gate` is open."""

    gate: asyncio.Event

    def __init__(self, monitor: Monitor, vantage: Vantage) -> None:
        self._monitor = monitor

    async def run(self, scheduled_ms: int, attempt: int = 1) -> CheckResult:
        await self.gate.wait()
        return CheckResult(
            monitor=self._monitor.id, location="local", scheduled_ms=scheduled_ms, started_ms=scheduled_ms, outcome="up"
        )


class Bench:
    """Rounds with held checks, and the results they gave."""

    def __init__(self, capacity: int = 10, earlier: JournalState | None = None) -> None:
        self.clock = FakeClock(NOW * 1000)
        self.results: list[CheckResult] = []
        HeldCheck.gate = self.gate = asyncio.Event()
        self.rounds = Rounds(
            Vantage("local", self.clock), Lanes(capacity), earlier, report=self.results.append, touch=lambda: None
        )

    def use(self, *numbers: int, interval_s: int = 1) -> None:
        self.rounds.use([Monitor(id=n, name="m", url="http://x/", kind="held", interval_s=interval_s) for n in numbers])

    async def settle(self) -> None:
        for _ in range(10):
            await asyncio.sleep(0)

    def seen(self) -> list[tuple[int, int, str]]:
        return [(result.monitor, result.scheduled_ms // 1000 - NOW, result.outcome) for result in self.results]


@pytest.fixture(autouse=True)
def _held_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "held", HeldCheck)


def play(script: Callable[[], Awaitable[None]]) -> None:
    asyncio.run(script())  # type: ignore[arg-type]


def test_a_due_monitor_is_checked_at_its_tick() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.use(1)
        await bench.rounds.tick(NOW)
        await bench.settle()
        assert bench.seen() == [(1, 0, "up")]

    play(script)


def test_a_monitor_that_is_not_due_is_left_alone() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.use(1, interval_s=3600)
        for second in range(3600):
            await bench.rounds.tick(NOW + second)
            await bench.settle()
        assert [outcome for *_, outcome in bench.seen()] == ["up"]

    play(script)


def test_a_check_that_runs_into_its_next_slot_costs_that_slot() -> None:
    async def script() -> None:
        bench = Bench()
        bench.use(1)
        await bench.rounds.tick(NOW)
        await bench.rounds.tick(NOW + 1)
        bench.gate.set()
        await bench.settle()
        assert bench.seen() == [(1, 1, "missed"), (1, 0, "up")]

    play(script)


def test_without_a_free_lane_the_older_slot_is_missed() -> None:
    async def script() -> None:
        bench = Bench(capacity=1)
        bench.use(1, 2)
        await bench.rounds.tick(NOW)
        await bench.rounds.tick(NOW + 1)
        assert bench.seen() == [(1, 1, "missed"), (2, 0, "missed")]
        bench.gate.set()
        await bench.settle()
        assert bench.seen()[2:] == [(1, 0, "up"), (2, 1, "up")]

    play(script)


class Hasty(FakeClock):
    """Sleeps end two milliseconds too early, and each look at the clock takes one."""

    def now_ms(self) -> int:
        self.advance(0.001)
        return super().now_ms()

    async def sleep_until(self, deadline: float) -> None:
        await super().sleep_until(deadline - 0.002)


def test_no_second_waits_for_the_next_one_though_sleeps_end_a_hair_too_early() -> None:
    ticks: list[tuple[int, int]] = []

    async def script() -> None:
        clock = Hasty(NOW * 1000)
        rounds = Rounds(Vantage("local", clock), Lanes(1), None, report=[].append, touch=lambda: None)
        work, enough = rounds.tick, asyncio.Event()

        async def tick(now_s: int) -> None:
            ticks.append((now_s - NOW, clock.now_ms() - now_s * 1000))
            if len(ticks) == 40:
                enough.set()
            await work(now_s)

        rounds.tick = tick  # type: ignore[method-assign]
        rounds.use([])
        running = asyncio.create_task(rounds.run())
        await enough.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)

    play(script)
    first: dict[int, int] = {}
    for second, late_ms in ticks:
        first.setdefault(second, late_ms)
    assert [*first] == list(range(min(first), max(first) + 1))
    assert max(late_ms for second, late_ms in first.items() if second > min(first)) < 10


def test_after_a_stall_the_ticks_between_are_missed_and_the_last_ones_checked() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.use(1, interval_s=1)
        await bench.rounds.tick(NOW)
        await bench.settle()
        await bench.rounds.tick(NOW + 10)
        await bench.settle()
        outcomes = {tick: outcome for _, tick, outcome in bench.seen()}
        assert set(outcomes) == set(range(11))
        assert {tick for tick, outcome in outcomes.items() if outcome == "up"} >= {0, 10}
        assert {outcomes[tick] for tick in range(1, 7)} == {"missed"}

    play(script)


def test_a_restart_reports_open_slots_and_the_ticks_since_as_missed() -> None:
    async def script() -> None:
        bench = Bench(earlier=JournalState(NOW - 60, [Slot(1, (NOW - 65) * 1000), Slot(99, (NOW - 65) * 1000)]))
        bench.gate.set()
        assert bench.rounds.state() is None  # the journal must keep the open slots until they are reported
        bench.use(1, interval_s=10)
        running = asyncio.create_task(bench.rounds.run())
        await bench.settle()
        running.cancel()
        missed = [tick for _, tick, outcome in bench.seen() if outcome == "missed"]
        assert missed[0] == -65
        assert len(missed) in {6, 7}
        assert all(monitor == 1 for monitor, *_ in bench.seen())

    play(script)


def test_before_the_monitors_are_known_no_tick_is_used_up() -> None:
    async def script() -> None:
        bench = Bench(earlier=JournalState(NOW - 60))
        running = asyncio.create_task(bench.rounds.run())
        await bench.settle()
        running.cancel()
        state = bench.rounds.state()
        assert state is not None
        assert state.watermark == NOW - 60

    play(script)


def test_running_slots_stand_in_the_journal_until_their_result() -> None:
    async def script() -> None:
        bench = Bench()
        bench.use(1)
        await bench.rounds.tick(NOW)
        assert bench.rounds.state() == JournalState(NOW, [Slot(1, NOW * 1000)])
        bench.gate.set()
        await bench.settle()
        assert bench.rounds.state() == JournalState(NOW, [])

    play(script)


def test_a_stop_reports_what_has_no_result_as_missed() -> None:
    async def script() -> None:
        bench = Bench(capacity=1)
        bench.use(1, 2)
        await bench.rounds.tick(NOW)
        await bench.rounds.stop(0.0)
        assert sorted(bench.seen()) == [(1, 0, "missed"), (2, 0, "missed")]
        assert bench.rounds.state() == JournalState(NOW, [])

    play(script)


def test_a_stop_lets_running_checks_end() -> None:
    async def script() -> None:
        bench = Bench()
        bench.use(1)
        await bench.rounds.tick(NOW)
        asyncio.get_running_loop().call_soon(bench.gate.set)
        await bench.rounds.stop(5.0)
        assert bench.seen() == [(1, 0, "up")]

    play(script)


def test_a_removed_monitor_is_checked_no_more_and_an_unchanged_one_keeps_its_check() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.use(1, 2)
        kept = bench.rounds._checks[1]
        bench.use(1)
        await bench.rounds.tick(NOW)
        await bench.settle()
        assert bench.seen() == [(1, 0, "up")]
        assert bench.rounds._checks[1] is kept

    play(script)


def test_a_monitor_of_an_unknown_kind_does_not_stop_the_others() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.rounds.use(
            [Monitor(id=n, name="m", url="x", kind=k, interval_s=1) for n, k in ((1, "held"), (2, "icmp"))]
        )
        await bench.rounds.tick(NOW)
        await bench.settle()
        assert bench.seen() == [(1, 0, "up")]

    play(script)


def test_a_full_second_starts_in_portions_and_holds_the_rest_in_the_journal() -> None:
    async def script() -> None:
        bench = Bench(capacity=1000)
        bench.use(*range(1, 101))
        ticking = asyncio.create_task(bench.rounds.tick(NOW))
        await asyncio.sleep(0)
        assert len(bench.rounds._tasks) == 20
        state = bench.rounds.state()
        assert state is not None
        assert len(state.open) == 100
        await ticking
        assert len(bench.rounds._tasks) == 100
        await bench.rounds.stop(0.0)

    play(script)
