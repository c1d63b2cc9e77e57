"""First checks: a monitor that is new or was changed does not wait for its turn, and no list makes a storm of it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from probes import kinds
from probes.monitors import Monitor
from probes.schedule import Slot, offset_s
from tests.unit.probes.test_rounds import NOW, Bench, HeldCheck, play

HOUR_S = 3600


@pytest.fixture(autouse=True)
def _held_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(kinds.KINDS, "held", HeldCheck)


def monitor(number: int, **fields: Any) -> Monitor:
    plain: dict[str, Any] = {"name": "m", "url": "http://x/", "interval_s": HOUR_S}
    return Monitor(id=number, kind="held", **(plain | fields))


async def second(bench: Bench, offset: int) -> None:
    """The clock and the rounds at that second after the beginning."""
    bench.clock.advance(NOW + offset - bench.clock.now_ms() / 1000)
    await bench.rounds.tick(NOW + offset)
    await bench.settle()


def test_what_is_new_or_was_changed_has_a_turn_at_once() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.rounds.use([monitor(1)])
        await second(bench, 0)
        bench.rounds.use([monitor(1), monitor(2)])
        await second(bench, 1)
        assert bench.seen() == [(2, 1, "up")]
        bench.rounds.use([monitor(1, url="http://y/"), monitor(2)])
        await second(bench, 2)
        assert bench.seen()[1:] == [(1, 2, "up")]
        bench.rounds.use([monitor(number) for number in range(1, 1000)])
        await second(bench, 3)
        assert len(bench.results) < 10  # a list as long as this has its turns soon enough

    play(script)


def test_it_stands_in_the_journal() -> None:
    async def script() -> None:
        bench = Bench()
        bench.rounds.use([monitor(1)])
        await second(bench, 0)
        bench.rounds.use([monitor(1), monitor(2)])
        state = bench.rounds.state()
        assert state is not None
        assert state.open == [Slot(2, (NOW + 1) * 1000)]

    play(script)


def test_a_list_that_changes_again_and_again_brings_no_storm() -> None:
    async def script() -> None:
        bench = Bench(capacity=200)
        bench.gate.set()
        bench.rounds.use([monitor(number) for number in range(1, 101)])
        for offset in range(10):
            await second(bench, offset)
            flapping = [] if offset % 2 else [monitor(n, url=f"http://{offset}/") for n in range(1, 101)]
            bench.rounds.use(flapping)
        await second(bench, 10)
        assert 90 < len(bench.results) <= 102

    play(script)


def test_another_name_or_order_of_places_is_no_reason() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.rounds.use([monitor(1, locations=["local", "far"])])
        await second(bench, 0)
        bench.rounds.use([monitor(1, name="other", locations=["far", "local"])])
        await second(bench, 1)
        assert bench.results == []

    play(script)


def test_after_a_check_that_still_ran_comes_one_of_what_it_is_now() -> None:
    async def script() -> None:
        bench = Bench()
        bench.rounds.use([])
        await second(bench, 0)
        bench.rounds.use([monitor(1, url="http://hangs/")])
        await second(bench, 1)
        bench.clock.advance(69)
        bench.rounds.use([monitor(1, url="http://mended/")])
        bench.gate.set()
        await bench.settle()
        await second(bench, 71)
        assert bench.seen() == [(1, 1, "up"), (1, 71, "up")]

    play(script)


def test_a_turn_that_has_just_gone_by_is_not_waited_for() -> None:
    async def script() -> None:
        bench = Bench()
        bench.gate.set()
        bench.rounds.use([])
        number = next(n for n in range(1, 100_000) if (offset_s(monitor(n), "local") - NOW) % HOUR_S == 0)
        await second(bench, 0)
        bench.rounds.use([monitor(number)])
        await second(bench, 1)
        assert bench.seen() == [(number, 1, "up")]

    asyncio.run(script())
