"""What a realtime session collects, from this host itself."""

from __future__ import annotations

import asyncio
from pathlib import Path

from agent.realtime.sources import RealtimeSources
from vedette.clock import SystemClock
from vedette.events.realtime import Frame


def frame(names: frozenset[str], *, everything: bool, off: frozenset[str] = frozenset()) -> Frame:
    """A frame of all that is collected at the second reading."""

    async def run() -> Frame:
        sources = RealtimeSources(Path("/"), SystemClock(), off=lambda: off, arguments=lambda: False)
        await sources.take(names, everything=everything)
        await asyncio.sleep(0.1)
        taken = await sources.take(names, everything=everything)
        sources.close()
        return taken.frame(1, 1, [], [], lambda name: {})

    return asyncio.run(run())


def test_everything_is_all_that_costs_little() -> None:
    found = frame(frozenset(), everything=True, off=frozenset({"load"}))
    assert {"cpu", "memory", "network", "processes"} <= found.groups.keys()
    assert not {"tcp", "load"} & found.groups.keys()
    assert found.processes
    assert sum(found.groups["cpu"][f"cpu.{part}_ratio"] for part in ("used", "idle", "iowait")) > 0.99


def test_what_is_dear_comes_if_it_is_asked_for_beside_everything_too() -> None:
    assert frame(frozenset({"tcp"}), everything=False).groups.keys() == {"tcp"}
    assert {"tcp", "cpu"} <= frame(frozenset({"tcp"}), everything=True).groups.keys()
