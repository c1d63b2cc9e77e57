"""Worker: the probe put together, from the monitors' list to the results' delivery."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Sequence
from functools import partial

from probes.check import Vantage
from probes.control import ControlFollower
from probes.journal import Journal
from probes.lanes import Lanes
from probes.loader import MonitorLoader, open_client
from probes.reporter import Reporter
from probes.rounds import Rounds
from probes.shards import parse_shard
from probes.vantage import open_vantage
from vedette.clock import Clock
from vedette.delivery import Sender, Spool, open_transport
from vedette.settings import ProbeSettings
from vedette.telemetry import get_logger

CHECKS_WAIT_S = 2.0
"""How long a stopping probe waits for running checks."""

GATEWAY_WAIT_S = 2.0
"""How long it then waits for the gateway to take what is spooled."""


async def run(settings: ProbeSettings, clock: Clock, rng: random.Random, stop: asyncio.Event) -> None:
    """Be a probe until `stop` is set; then finish what runs, spool it, and try to send it.

    Raises `ConfigurationError` for settings that do not go together, and whatever ends a part that should
    run for ever: a probe that is broken dies loudly instead of checking half. After kill -9 at any moment a
    new start on the same spool folder sends what was spooled and reports the rest as missed.
    """
    shard = parse_shard(settings.shard)
    transport = open_transport(settings)
    client = open_client(settings)
    spool = await asyncio.to_thread(
        partial(Spool, settings.spool, clock, max_bytes=settings.spool_max_mb << 20, max_age_s=settings.spool_max_age_s)
    )
    journal = Journal(settings.spool)
    sender = Sender(spool, transport, clock, rng)
    reporter = Reporter(spool, journal, clock, sender.wake)
    vantage = await open_vantage(settings, clock)
    rounds = Rounds(
        vantage,
        Lanes(settings.concurrency),
        await asyncio.to_thread(journal.load),
        report=reporter.add,
        touch=reporter.touch,
    )
    loader = MonitorLoader(client, settings.spool, settings.location, clock, changed=rounds.use, shard=shard)
    control = ControlFollower(client, settings.location, clock, rng, ordered=rounds.recheck, reload=loader.load)
    log = get_logger("probe")
    engine = "rustls" if vantage.tls.quick else "openssl"
    log.info("probe_started", location=settings.location, spooled=len(spool), tls=engine)
    await asyncio.to_thread(loader.recall)
    parts = [
        asyncio.create_task(loader.run(settings.reload_s), name="loader"),
        asyncio.create_task(rounds.run(), name="rounds"),
        asyncio.create_task(vantage.lifeline.run(clock), name="lifeline"),
        asyncio.create_task(control.run(), name="control"),
        asyncio.create_task(reporter.run(rounds.state), name="reporter"),
    ]
    sending = asyncio.create_task(sender.run(), name="sender")
    try:
        async with _exporting(settings, vantage):
            await _until(stop, [*parts, sending])
    finally:
        await _cancel(parts)
        await rounds.stop(CHECKS_WAIT_S)
        await reporter.flush(rounds.state)
        await _emptied(spool, sending, clock)
        await _cancel([sending])
        await client.aclose()
        await transport.close()
        log.info("probe_stopped", spooled=len(spool))
        await asyncio.to_thread(spool.close)


@contextlib.asynccontextmanager
async def _exporting(settings: ProbeSettings, vantage: Vantage) -> AsyncIterator[None]:
    """Answer Prometheus meanwhile, if the settings give a port."""
    if settings.exporter_port == 0:
        yield
        return
    from probes.prometheus import serve

    async with serve(settings.exporter_host, settings.exporter_port, settings.exporter_modules, vantage):
        yield


async def _until(stop: asyncio.Event, parts: Sequence[asyncio.Task[None]]) -> None:
    """Return when `stop` is set; raise what a part raised before."""
    stopped = asyncio.create_task(stop.wait())
    try:
        await asyncio.wait([stopped, *parts], return_when=asyncio.FIRST_COMPLETED)
    finally:
        stopped.cancel()
    for part in parts:
        if part.done():
            part.result()


async def _emptied(spool: Spool, sending: asyncio.Task[None], clock: Clock) -> None:
    """Give the sender `GATEWAY_WAIT_S` to empty the spool; cancelled in mid-request it would send things twice."""
    deadline = clock.monotonic() + GATEWAY_WAIT_S
    while len(spool) > 0 and not sending.done() and clock.monotonic() < deadline:
        await clock.sleep_until(clock.monotonic() + GATEWAY_WAIT_S / 40)


async def _cancel(parts: Sequence[asyncio.Task[None]]) -> None:
    for part in parts:
        part.cancel()
    await asyncio.gather(*parts, return_exceptions=True)
