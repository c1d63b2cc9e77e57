"""The agent's process: its parts put together, its signals, its end."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Coroutine, Sequence
from contextlib import closing
from typing import Any

from agent.claim import claim_spool
from agent.collectors import Collector, open_collectors
from agent.collectors.own import read_own
from agent.loop import tick
from agent.plugins.opening import Plugins
from agent.report import Identity
from agent.reporter import Reporter
from agent.rounds import LONGEST_ROUND_S, Rounds
from agent.schedule import Schedule
from vedette.clock import Clock, SystemClock
from vedette.delivery import Sender, Spool, open_transport
from vedette.settings import AgentSettings
from vedette.telemetry import configure_logs, get_logger, metrics

LAST_ROUND_S = 1.0
DRAIN_S = 2.0


def main(settings: AgentSettings) -> None:
    """Run the agent until SIGTERM or SIGINT; it then makes a last report, sends for two seconds, and returns.

    What could not be sent stays in the spool for the next start. Raises `ConfigurationError` if the spool is
    in use, or the transport lacks a setting.
    """
    configure_logs(settings.log_level, settings.log_format)
    metrics().serve(settings.metrics_port)
    asyncio.run(_until_signal(settings))


async def _until_signal(settings: AgentSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    await run(settings, SystemClock(), random.Random(), open_collectors(settings.host_root), stop)  # noqa: S311 - jitter only


async def run(
    settings: AgentSettings,
    clock: Clock,
    rng: random.Random,
    collectors: Sequence[Collector],
    stop: asyncio.Event,
) -> None:
    """Report at each tick and send beside it until `stop` is set, then end in order."""
    with claim_spool(settings.spool, clock.now_ms()) as claim, closing(_open_spool(settings, clock)) as spool:
        transport = open_transport(settings)
        try:
            sender = Sender(spool, transport, clock, rng)
            rounds = Rounds(collectors, clock, limit_s=min(settings.interval_s, LONGEST_ROUND_S))
            identity = Identity(settings.source, claim.epoch, round(settings.interval_s * 1000))
            reporter = Reporter(identity, rounds, spool, sender, clock, read_own)
            get_logger("agent").info("agent_started", source=settings.source, epoch=claim.epoch, waiting=len(spool))
            plugins = Plugins(settings, reporter.add, clock)
            await _until(stop, tick(clock, _schedule(settings, clock), reporter.report), sender.run(), plugins.run())
            await reporter.report(0.0, LAST_ROUND_S)
            await sender.drain(clock.monotonic() + DRAIN_S)
            get_logger("agent").info("agent_stopped", waiting=len(spool))
        finally:
            await transport.close()


def _open_spool(settings: AgentSettings, clock: Clock) -> Spool:
    return Spool(settings.spool, clock, max_bytes=settings.spool_max_mb << 20, max_age_s=settings.spool_max_age_s)


def _schedule(settings: AgentSettings, clock: Clock) -> Schedule:
    return Schedule.of(settings.source, settings.interval_s, now_ms=clock.now_ms(), monotonic=clock.monotonic())


async def _until(stop: asyncio.Event, *work: Coroutine[Any, Any, None]) -> None:
    """Run `work` until `stop` is set, then cancel it. Work that ends before, ends with its error here."""
    tasks = [asyncio.ensure_future(stop.wait()), *map(asyncio.ensure_future, work)]
    try:
        done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in done:
            task.result()
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
