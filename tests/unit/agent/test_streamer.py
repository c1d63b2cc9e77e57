"""The streamer: frames at exact ticks, one collection for all sessions, an end on every way there is."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import msgspec

from agent.collectors import Group
from agent.collectors.snapshot import ProcessUse, Snapshot
from agent.realtime.sources import Taken
from agent.realtime.streamer import FIRST_S, Streamer
from tests.unit.agent.simulated import START_MS, SimulatedClock
from vedette.events.fleet import RealtimeEnd, RealtimeOrder
from vedette.events.realtime import Frame, decode_frame


class FakeSources:
    """A reading that tells how often it was taken."""

    def __init__(self) -> None:
        self.wanted: list[frozenset[str]] = []
        self.closed = self.everything = False

    async def take(self, wanted: frozenset[str], *, everything: bool) -> Taken:
        self.wanted.append(wanted)
        self.everything = everything
        count = float(len(self.wanted))
        groups = {
            "cpu": [Group({"cpu.taken": count, "cpu.odd": math.nan})],
            "disk": [Group({"disk.a": 1.0}, {"disk.a": "counter"})],
            "processes": [Group({"processes.total": 5.0})],
        }
        return Taken(groups, Snapshot([ProcessUse(1, "root", "init", 0.123456, 9.0)], 5, 6))

    def close(self) -> None:
        self.closed = True


class Site:
    """A gateway that keeps frames, and answers as it is told."""

    def __init__(self) -> None:
        self.clock = SimulatedClock()
        self.sources = FakeSources()
        self.frames: list[tuple[float, str, Frame]] = []
        self.status = 204
        self.hang = False
        self.free = asyncio.Event()
        self.allowed = True
        self.watched: list[frozenset[str]] = []
        self.made = 0

    def make(self) -> FakeSources:
        self.made += 1
        return self.sources

    async def answer(self, request: httpx.Request) -> httpx.Response:
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.frames.append((round(self.clock.at, 3), token, decode_frame(request.content)))
        if self.hang:
            await self.free.wait()
        if self.status == 0:
            raise httpx.ConnectError("away")
        return httpx.Response(self.status)

    def play(self, scene: Callable[[Streamer], Coroutine[Any, Any, None]]) -> list[tuple[float, str, Frame]]:
        async def run() -> None:
            transport = httpx.MockTransport(self.answer)
            async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
                latest = {"redis": Group({"redis.clients": 3.0, "redis.commands": 9.0}, {"redis.commands": "counter"})}
                streamer = Streamer(
                    client,
                    self.clock,
                    self.make,
                    latest=lambda name: latest.get(name, Group({})),
                    watch=self.watched.append,
                    allowed=lambda: self.allowed,
                )
                running = asyncio.ensure_future(streamer.run())
                await scene(streamer)
                running.cancel()

        asyncio.run(run())
        return self.frames


def order(session: str = "s", seconds: float = 60, phase_ms: int = 0, **fields: list[str]) -> RealtimeOrder:
    return RealtimeOrder(
        1, "a", session, f"token of {session}", START_MS + round(seconds * 1000), **fields, phase_ms=phase_ms
    )


def test_frames_lie_on_exact_seconds_after_a_first_one_at_once() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order())
        await site.clock.pass_until(4.0)

    frames = site.play(scene)
    assert [at for at, _, _ in frames] == [FIRST_S, 0.7, 1.7, 2.7, 3.7]
    assert [frame.ts % 1000 for _, _, frame in frames] == [450, 0, 0, 0, 0]
    assert [frame.seq for _, _, frame in frames] == [1, 2, 3, 4, 5]
    assert {token for _, token, _ in frames} == {"token of s"}


def test_ticks_are_moved_by_the_phase() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order(phase_ms=600))
        await site.clock.pass_until(3.0)

    assert [frame.ts % 1000 for _, _, frame in site.play(scene)][1:] == [600, 600, 600]


def test_one_collection_serves_all_sessions_and_a_new_one_is_answered_at_once() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order("one"))
        await site.clock.pass_until(1.0)
        streamer.ordered(order("two"))
        await site.clock.pass_until(3.0)

    frames = site.play(scene)
    two = [(at, frame.seq) for at, token, frame in frames if token == "token of two"]
    assert two == [(1.0, 1), (1.7, 2), (2.7, 3)]
    assert len(site.sources.wanted) == 5, "one to begin with, one for each tick"
    assert site.made == 1


def test_a_session_gets_what_it_asked_for_and_nothing_else() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order("few", groups=["disk", "nonsense"], plugins=["redis", "gone"]))
        streamer.ordered(order("table", groups=["processes"]))
        await site.clock.pass_until(0.5)
        streamer.ordered(order("all"))
        await site.clock.pass_until(0.8)

    frames = {token: frame for _, token, frame in site.play(scene)}
    few, table, everything = (frames[f"token of {name}"] for name in ("few", "table", "all"))
    assert few.groups == {"disk": {"disk.a": 1.0}, "plugin redis": {"redis.clients": 3.0, "redis.commands": 9.0}}
    assert (few.counters, few.processes) == (["disk.a", "redis.commands"], None)
    assert table.groups == {"processes": {"processes.total": 5.0}}
    assert msgspec.to_builtins(table.processes) == [[1, "root", "init", 0.1235, 9.0]]
    assert set(everything.groups) == {"cpu", "disk", "processes"}
    assert site.sources.wanted[0] == {"disk", "nonsense", "processes"}
    assert site.sources.wanted[-1] == {"disk", "nonsense", "processes"}, "what was asked for by name is, still"
    assert site.sources.everything
    assert {"redis", "gone"} in site.watched, "its plugins are told that they are looked at"


def test_the_same_order_again_changes_only_the_token() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order())
        await site.clock.pass_until(1.0)
        again = order()
        streamer.ordered(msgspec.structs.replace(again, token="fresh"))
        await site.clock.pass_until(2.0)

    frames = site.play(scene)
    assert [(token, frame.seq) for _, token, frame in frames] == [("token of s", 1), ("token of s", 2), ("fresh", 3)]


def test_it_ends_by_order_by_time_and_when_the_gateway_wants_no_more() -> None:
    for ending in ("order", "time", "gone"):
        site = Site()

        async def scene(streamer: Streamer, site: Site = site, ending: str = ending) -> None:
            streamer.ordered(order(seconds=2 if ending == "time" else 60))
            await site.clock.pass_until(2.0)
            if ending == "order":
                streamer.ordered(RealtimeEnd(1, "a", "s"))
            site.status = 410 if ending == "gone" else 204
            await site.clock.pass_until(10.0)
            collected = len(site.sources.wanted)
            await site.clock.pass_until(60.0)
            assert len(site.sources.wanted) == collected, "nothing is collected for nobody"
            assert site.sources.closed

        assert len(site.play(scene)) == (4 if ending == "gone" else 3), ending


def test_a_gateway_that_is_away_costs_frames_and_not_the_session() -> None:
    site = Site()

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order())
        await site.clock.pass_until(1.0)
        site.status = 0
        await site.clock.pass_until(2.0)
        site.status = 503
        await site.clock.pass_until(3.0)
        site.status = 204
        await site.clock.pass_until(5.0)

    assert [frame.seq for _, _, frame in site.play(scene)] == [1, 2, 3, 4, 5, 6]


def test_a_frame_whose_predecessor_is_on_its_way_is_left_out_and_leaves_a_hole() -> None:
    site = Site()
    site.hang = True

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order())
        await site.clock.pass_until(2.0)
        assert len(site.frames) == 1
        site.free.set()
        await site.clock.pass_until(4.0)

    assert [frame.seq for _, _, frame in site.play(scene)] == [1, 4, 5]


def test_a_host_that_must_stand_down_shows_nothing() -> None:
    site = Site()
    site.allowed = False

    async def scene(streamer: Streamer) -> None:
        streamer.ordered(order())
        await site.clock.pass_until(3.0)

    assert site.play(scene) == []


def test_a_clock_that_is_off_by_hours_does_not_keep_the_session_from_running() -> None:
    for off in (-7200.0, 7200.0):
        site = Site()

        async def scene(streamer: Streamer, site: Site = site, off: float = off) -> None:
            streamer.ordered(order(seconds=60 + off))
            await site.clock.pass_until(2.0)

        assert len(site.play(scene)) == 3
