"""The whole probe against a tiny gateway: what is checked arrives, once and in the end always."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import uvloop

from probes import worker
from tests.integration.probes.endpoint import Counted, answers, closed_port, endpoint, hangs
from tests.integration.probes.gateway import FastClock, Gateway, gateway_with
from tests.patience import PATIENCE_S
from vedette.errors import ConfigurationError
from vedette.settings import ProbeSettings

SPEED = 20


def monitor(number: int, port: int, **fields: Any) -> dict[str, Any]:
    return {"id": number, "name": "m", "url": f"http://127.0.0.1:{port}/", "interval_s": 1, "timeout_s": 5} | fields


def settings(folder: Path, gateway: Gateway) -> ProbeSettings:
    return ProbeSettings.load(
        url=f"http://127.0.0.1:{gateway.port}",
        token="vdt_test",
        spool=folder,
        location="eu",
        reload_s=2,
        references="",
        allow_private=True,
    )


@contextlib.asynccontextmanager
async def probing(folder: Path, gateway: Gateway, clock: FastClock) -> AsyncIterator[None]:
    """A probe that runs within, and is stopped at the end."""
    stop = asyncio.Event()
    running = asyncio.create_task(worker.run(settings(folder, gateway), clock, random.Random(1), stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(running, PATIENCE_S)


def test_results_of_all_monitors_arrive_and_the_list_is_asked_for_with_its_etag(tmp_path: Path) -> None:
    async def script() -> None:
        async with (
            endpoint(answers()) as port,
            gateway_with(monitor(1, port), monitor(2, closed_port()), {"id": "unreadable"}) as gateway,
        ):
            async with probing(tmp_path, gateway, FastClock(SPEED)):
                await gateway.until(lambda: {1} <= {n for n, _ in gateway.slots("up")})
                await gateway.until(lambda: {2} <= {n for n, _ in gateway.slots("down")})
                await gateway.until(lambda: 304 in gateway.asked)
            assert gateway.asked.count(200) == 1
            one = next(result for result in gateway.results if result["outcome"] == "up")
            assert one["location"] == "eu"
            assert one["status"] == 200
            assert one["scheduled_ms"] % 1000 == 0
            assert one["started_ms"] >= one["scheduled_ms"]

    uvloop.run(script())


def test_a_changed_list_replaces_the_monitors(tmp_path: Path) -> None:
    async def script() -> None:
        async with endpoint(answers()) as port, gateway_with(monitor(1, port)) as gateway:
            async with probing(tmp_path, gateway, FastClock(SPEED)):
                await gateway.until(lambda: bool(gateway.slots("up")))
                gateway.monitors, gateway.version = [monitor(2, port)], 2
                await gateway.until(lambda: {2} <= {n for n, _ in gateway.slots("up")})
                last = max(slot for n, slot in gateway.slots("up") if n == 1)
                await gateway.until(lambda: max(slot for _, slot in gateway.slots("up")) > last + 3000)
            assert max(slot for n, slot in gateway.slots("up") if n == 1) <= last + 1000

    uvloop.run(script())


def test_a_gateway_that_was_away_gets_every_slot_in_the_end(tmp_path: Path) -> None:
    async def script() -> None:
        site = Counted()
        async with endpoint(site) as port, gateway_with(monitor(1, port)) as gateway:
            clock = FastClock(SPEED)
            async with probing(tmp_path, gateway, clock):
                await gateway.until(lambda: len(gateway.slots("up")) >= 2)
                await gateway.go()
                away = clock.now_ms()
                await site.more(4)
                await gateway.come()
                back = clock.now_ms()
                await gateway.until(lambda: max(slot for _, slot in gateway.slots("up")) > back)
            slots = [slot for _, slot in gateway.slots("up") + gateway.slots("missed")]
            assert sorted(set(slots)) == list(range(min(slots), max(slots) + 1, 1000))
            assert any(away < slot < back for slot in slots)

    uvloop.run(script())


def test_a_restart_without_a_gateway_works_from_disk_and_reports_what_it_missed(tmp_path: Path) -> None:
    async def script() -> None:
        site = Counted()
        async with endpoint(site) as port, gateway_with(monitor(1, port)) as gateway:
            clock = FastClock(SPEED)
            async with probing(tmp_path, gateway, clock):
                await gateway.until(lambda: bool(gateway.slots("up")))
            await gateway.go()
            stopped = clock.now_ms()
            clock.advance(20)
            async with probing(tmp_path, gateway, clock):
                await site.more(3)
                await gateway.come()
                await gateway.until(lambda: max(slot for _, slot in gateway.slots("up")) > stopped + 20_000)
            slots = [slot for _, slot in gateway.slots("up") + gateway.slots("missed")]
            assert sorted(set(slots)) == list(range(min(slots), max(slots) + 1, 1000))
            assert sum(slot > stopped for _, slot in gateway.slots("missed")) >= 15

    uvloop.run(script())


def test_a_stop_does_not_wait_for_a_hanging_endpoint_and_loses_no_slot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(worker, "CHECKS_WAIT_S", 0.1)
    monkeypatch.setattr(worker, "GATEWAY_WAIT_S", 5.0 * SPEED)

    async def script() -> None:
        asked = asyncio.Event()

        async def hang(head: bytes, writer: asyncio.StreamWriter) -> None:
            asked.set()
            await hangs()(head, writer)

        async with endpoint(hang) as port, gateway_with(monitor(1, port, interval_s=1, timeout_s=60)) as gateway:
            async with probing(tmp_path, gateway, FastClock(SPEED)):
                await asyncio.wait_for(asked.wait(), PATIENCE_S)
            assert any(r["error"] == "missed: the probe stopped" for r in gateway.results)

    uvloop.run(script())


def test_a_probe_without_a_token_does_not_start(tmp_path: Path) -> None:
    async def script() -> None:
        bare = ProbeSettings.load(url="http://127.0.0.1:1", spool=tmp_path)
        await worker.run(bare, FastClock(SPEED), random.Random(1), asyncio.Event())

    with pytest.raises(ConfigurationError):
        uvloop.run(script())
