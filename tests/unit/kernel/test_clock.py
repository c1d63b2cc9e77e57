"""The fake clock moves only when told."""

from __future__ import annotations

import asyncio

from vedette.clock import FakeClock, SystemClock


def test_the_fake_clock_stands_still_until_it_is_advanced() -> None:
    clock = FakeClock(1000)
    assert (clock.now_ms(), clock.monotonic()) == (1000, 0.0)
    clock.advance(1.5)
    assert (clock.now_ms(), clock.monotonic()) == (2500, 1.5)


def test_sleeping_moves_the_fake_clock_to_the_deadline_and_never_back() -> None:
    clock = FakeClock(0)
    asyncio.run(clock.sleep_until(60.0))
    assert (clock.now_ms(), clock.monotonic()) == (60_000, 60.0)
    asyncio.run(clock.sleep_until(5.0))
    assert clock.monotonic() == 60.0


def test_a_sleeper_gives_other_tasks_a_turn() -> None:
    seen: list[str] = []

    async def other() -> None:
        seen.append("other")

    async def run() -> None:
        task = asyncio.create_task(other())
        await FakeClock().sleep_until(1.0)
        seen.append("sleeper")
        await task

    asyncio.run(run())
    assert seen == ["other", "sleeper"]


def test_the_system_clock_returns_at_once_from_a_deadline_that_has_passed() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    asyncio.run(clock.sleep_until(before - 100))
    assert clock.monotonic() >= before
    assert clock.now_ms() > 1_700_000_000_000
