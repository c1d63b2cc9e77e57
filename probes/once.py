"""Once: a single round without any state, for functions and cron: load, check everything, deliver, end."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence

import msgspec

from probes.check import Vantage
from probes.kinds import build_check
from probes.loader import MonitorLoader, open_client
from probes.monitors import Monitor
from probes.places import Place
from probes.schedule import newest_slot
from probes.shards import parse_shard
from probes.vantage import open_vantage
from vedette.clock import Clock
from vedette.delivery import Report, Transport, open_transport
from vedette.errors import InvalidInput, Unavailable
from vedette.events.checks import CheckResult
from vedette.settings import ProbeSettings
from vedette.telemetry import get_logger, metrics

AT_ONCE = 500
"""Most results in one request."""

TRIES, LONGEST_WAIT_S = 5, 10.0


async def run_once(settings: ProbeSettings, clock: Clock, rng: random.Random) -> Counter[str]:
    """Check each monitor of this location and shard once, for its newest slot; how many had which outcome.

    Nothing is kept on disk. A second round within a monitor's interval repeats its slot, and what is repeated
    counts once. Raises `Unavailable` when the gateway gives no monitors, or does not take the results in `TRIES`
    tries, and what a transport raises for settings that are wrong.
    """
    transport = open_transport(settings)
    client = open_client(settings)
    found: list[Monitor] = []
    place: Place | None = None

    def take(monitors: list[Monitor], told: Place | None) -> None:
        nonlocal place
        found.extend(monitors)
        place = told

    loader = MonitorLoader(client, None, settings.location, clock, changed=take, shard=parse_shard(settings.shard))
    try:
        if not await loader.load():
            raise Unavailable(f"the gateway at {settings.url} gives no monitors: {loader.reason}")
        vantage = await open_vantage(settings, clock)
        await vantage.lifeline.ask()
        results = await _checked(found, vantage, settings.concurrency, place)
        for at in range(0, len(results), AT_ONCE):
            await _delivered(transport, results[at : at + AT_ONCE], clock, rng)
    finally:
        await client.aclose()
        await transport.close()
    outcomes = Counter[str](result.outcome for result in results)
    for outcome, number in outcomes.items():
        metrics().count("vedette_checks_total", number, outcome=outcome)
    get_logger("probe").info("round_done", monitors=len(found), **outcomes)
    return outcomes


async def _checked(
    monitors: Sequence[Monitor], vantage: Vantage, concurrency: int, place: Place | None
) -> list[CheckResult]:
    lanes = asyncio.Semaphore(concurrency)
    now_s = vantage.clock.now_ms() // 1000

    async def one(monitor: Monitor) -> CheckResult | None:
        async with lanes:
            try:
                check = build_check(monitor, vantage)
            except InvalidInput as error:
                get_logger("probe").warning("monitor_refused", monitor=monitor.id, error=str(error))
                return None
            return await check.run(newest_slot(monitor, vantage.location, now_s, place) * 1000)

    results = await asyncio.gather(*(one(monitor) for monitor in monitors))
    return [result for result in results if result is not None]


async def _delivered(transport: Transport, results: Sequence[CheckResult], clock: Clock, rng: random.Random) -> None:
    reports = [Report(number, "checks", msgspec.json.encode(each)) for number, each in enumerate(results)]
    for number in range(1, TRIES + 1):
        try:
            receipt = await transport.send(reports)
        except Unavailable as error:
            if number == TRIES:
                raise
            wait_s = min(LONGEST_WAIT_S, max(error.retry_after_s, 0.5 * 2**number)) * rng.uniform(0.5, 1.0)
            await clock.sleep_until(clock.monotonic() + wait_s)
        else:
            for reject in receipt.rejects:
                get_logger("probe").warning("result_refused", reason=str(reject)[:300])
            return
