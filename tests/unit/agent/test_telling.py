"""What plugins have to say makes the agent check in soon, but never often."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.fleet.checkin import SOON_S
from tests.unit.agent.simulated import SimulatedClock
from tests.unit.agent.test_checkin import Desk


def played(folder: Path, scene: Callable[[Desk, SimulatedClock], Coroutine[Any, Any, None]]) -> list[float]:
    """When the agent checked in during the scene, which begins after the first minute."""
    clock, times = SimulatedClock(), list[float]()
    desk = Desk(folder)

    def respond(request: httpx.Request) -> httpx.Response:
        times.append(clock.monotonic())
        return httpx.Response(200, json={"server_ms": clock.now_ms(), "config_version": ""})

    async def whole() -> None:
        desk.checkins._client = httpx.AsyncClient(transport=httpx.MockTransport(respond), base_url="http://gateway")
        desk.checkins._clock = clock
        running = asyncio.ensure_future(desk.checkins.run())
        await clock.pass_until(60.0)
        await scene(desk, clock)
        running.cancel()

    asyncio.run(whole())
    return times


def test_news_are_told_at_once_if_the_last_check_in_was_a_while_ago(tmp_path: Path) -> None:
    async def scene(desk: Desk, clock: SimulatedClock) -> None:
        await clock.pass_until(119)
        desk.checkins.tell()
        await clock.pass_until(119.1)

    assert played(tmp_path, scene)[-1] == pytest.approx(119)


def test_many_news_are_told_together_and_a_check_in_that_is_asked_for_waits_for_none(tmp_path: Path) -> None:
    async def scene(desk: Desk, clock: SimulatedClock) -> None:
        desk.checkins.tell()
        await clock.pass_until(80)
        for _ in range(15):
            desk.checkins.tell()
            await clock.pass_until(clock.monotonic() + 1)
        desk.checkins.tell()
        await clock.pass_until(clock.monotonic() + 0.5)
        desk.checkins.ask()
        await clock.pass_until(clock.monotonic() + 0.1)

    found = [time for time in played(tmp_path, scene) if time >= 80]
    assert found[:2] == pytest.approx([80, 80 + SOON_S])
    assert found[-1] == pytest.approx(95.5), "an order is followed at once"
    assert len(found) <= 4


def test_an_order_that_comes_during_a_check_in_is_followed_at_once_though_there_are_news(tmp_path: Path) -> None:
    async def scene(desk: Desk, clock: SimulatedClock) -> None:
        ordered = desk.checkins.step

        async def step() -> None:
            await ordered()
            if not asked:
                asked.append(clock.monotonic())
                desk.checkins.tell()
                desk.checkins.ask()

        asked: list[float] = []
        desk.checkins.step = step  # type: ignore[method-assign]
        await clock.pass_until(121)

    found = [time for time in played(tmp_path, scene) if time > 60]
    assert found[1] - found[0] == pytest.approx(0, abs=0.01)
