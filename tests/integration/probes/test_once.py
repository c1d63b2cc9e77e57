"""A single round: everything checked once and delivered, nothing kept; and shards that share a location."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path
from typing import Any

import pytest
import uvloop

from probes import once
from probes.once import run_once
from tests.integration.probes.endpoint import answers, closed_port, endpoint
from tests.integration.probes.gateway import FastClock, Gateway, gateway_with
from vedette.errors import Unavailable
from vedette.settings import ProbeSettings

SPEED = 20


def monitor(number: int, port: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": "m", "url": f"http://127.0.0.1:{port}/", "interval_s": 60, "timeout_s": 5} | fields


def settings(gateway: Gateway, **fields: Any) -> ProbeSettings:
    return ProbeSettings.load(
        url=f"http://127.0.0.1:{gateway.port}",
        token="vdt_test",
        location="eu",
        references="",
        allow_private=True,
        **fields,
    )


def test_a_round_checks_each_monitor_once_in_its_newest_slot_and_leaves_nothing(tmp_path: Path) -> None:
    async def script() -> None:
        clock = FastClock(1)
        async with (
            endpoint(answers()) as port,
            gateway_with(monitor(1, port), monitor(2, closed_port()), monitor(3, port, url="gopher://x")) as gateway,
        ):
            outcomes = await run_once(settings(gateway, spool=tmp_path / "spool"), clock, random.Random(1))
            assert outcomes == {"up": 1, "down": 1}
            assert sorted(r["monitor"] for r in gateway.results) == [1, 2]
            for result in gateway.results:
                assert 0 <= clock.now_ms() - result["scheduled_ms"] < 61_000
            await run_once(settings(gateway), clock, random.Random(1))
            slots = {(r["monitor"], r["scheduled_ms"]) for r in gateway.results}
            assert len(slots) in {2, 3, 4}  # the same slots again, unless their turn came meanwhile
        assert not (tmp_path / "spool").exists()

    uvloop.run(script())


def test_shards_check_everything_once_between_them() -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, gateway_with(*(monitor(n, port) for n in range(1, 41))) as gateway:
            for number in range(1, 4):
                await run_once(settings(gateway, shard=f"{number}/3"), FastClock(1), random.Random(1))
            assert sorted(r["monitor"] for r in gateway.results) == list(range(1, 41))

    uvloop.run(script())


def test_rounds_of_three_locations_have_slots_that_divide_the_interval() -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, gateway_with(monitor(1, port), monitor(2, port)) as gateway:
            for index in range(3):
                gateway.place = {"index": index, "count": 3}
                await run_once(settings(gateway, shard="1/1"), FastClock(1), random.Random(1))
            for number in (1, 2):
                at = sorted(r["scheduled_ms"] // 1000 % 60 for r in gateway.results if r["monitor"] == number)
                assert [at[1] - at[0], at[2] - at[1]] == [20, 20]

    uvloop.run(script())


def test_a_gateway_that_is_away_is_an_error_and_no_empty_round() -> None:
    async def script() -> None:
        gateway = Gateway()
        gateway.port = closed_port()
        with pytest.raises(Unavailable, match="gives no monitors"):
            await run_once(settings(gateway), FastClock(1), random.Random(1))

    uvloop.run(script())


def test_a_gateway_that_goes_meanwhile_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    async def script() -> None:
        clock = FastClock(SPEED)
        async with endpoint(answers()) as port:
            gateway = Gateway(monitor(1, port))
            await gateway.come()
            real = once._checked

            async def then_gone(*args: Any) -> Any:
                results = await real(*args)
                await gateway.go()
                asyncio.get_running_loop().call_later(0.1, lambda: coming.append(asyncio.ensure_future(gateway.come())))
                return results

            coming: list[Any] = []
            monkeypatch.setattr(once, "_checked", then_gone)
            await run_once(settings(gateway), clock, random.Random(1))
            assert [r["outcome"] for r in gateway.results] == ["up"]
            await gateway.go()

    uvloop.run(script())
