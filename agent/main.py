"""The agent's process: its parts put together, its signals, its end."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import Coroutine, Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any

from agent.cadence import Cadence
from agent.claim import claim_spool
from agent.collectors import Collector, Group, open_collectors
from agent.collectors.own import read_own
from agent.fleet.configuration import Part
from agent.fleet.holding import HeldTransport
from agent.fleet.hooks import Hooks
from agent.fleet.identity import with_identity
from agent.fleet.member import Member, Works
from agent.lean import ENDING, become_lean
from agent.loop import tick
from agent.plugins.opening import Plugins
from agent.realtime.sources import RealtimeSources
from agent.realtime.streamer import Streamer
from agent.report import Identity
from agent.reporter import Reporter
from agent.rounds import LONGEST_ROUND_S, Rounds
from vedette.clock import Clock, SystemClock
from vedette.delivery import HttpTransport, Sender, Spool, open_transport
from vedette.errors import ConfigurationError
from vedette.telemetry import configure_logs, get_logger, metrics

if TYPE_CHECKING:
    from vedette.settings import AgentSettings

LAST_ROUND_S = 1.0
DRAIN_S = 2.0


def main(settings: AgentSettings) -> None:
    """Run the agent until SIGTERM or SIGINT; it then makes a last report, sends for two seconds, and ends.

    What could not be sent stays in the spool for the next start. Raises `ConfigurationError` if the spool is
    in use, or the transport lacks a setting. A host that was enrolled needs no token in its settings.
    """
    settings = with_identity(settings)
    if settings.transport != "http":
        serve(settings)
        return
    if settings.token is None:
        allowed = "an API token (vdt_…), or none on a host that `vedette agent enrol` has let in"
        raise ConfigurationError("VEDETTE_TOKEN", "<not set>", allowed)
    become_lean(settings)
    serve(settings)


def serve(settings: AgentSettings) -> None:
    """The same, in this process, with settings that are complete."""
    configure_logs(settings.log_level, settings.log_format)
    metrics().serve(settings.metrics_port)
    asyncio.run(_until_signal(settings))


async def _until_signal(settings: AgentSettings) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in ENDING:
        loop.add_signal_handler(number, stop.set)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, ENDING)  # see `become_lean`
    await run(settings, SystemClock(), random.Random(), open_collectors(settings.host_root), stop)  # noqa: S311 - jitter only


async def run(
    settings: AgentSettings,
    clock: Clock,
    rng: random.Random,
    collectors: Sequence[Collector],
    stop: asyncio.Event,
    hooks: Hooks | None = None,
) -> None:
    """Report at each tick, send beside it and check in until `stop` is set, then end in order.

    With the log transport there is no gateway to check in to: such an agent has its own settings alone.
    """
    with claim_spool(settings.spool, clock.now_ms()) as claim, closing(_open_spool(settings, clock)) as spool:
        transport = open_transport(settings)
        try:
            held = HeldTransport(transport)
            sender = Sender(spool, held, clock, rng)
            rounds = Rounds(collectors, clock, limit_s=min(settings.interval_s, LONGEST_ROUND_S))
            identity = Identity(settings.source, claim.epoch, round(settings.interval_s * 1000))
            reporter = Reporter(identity, rounds, spool, sender, clock, read_own)
            cadence = Cadence(settings.source, clock, settings.interval_s)
            works = Works(rounds, reporter, cadence, sender, held)

            async def add(group: Group, interval_ms: int) -> bool:
                return not held.held and await reporter.add(group, interval_ms)

            plugins = Plugins(settings, add, clock)
            member, others = None, list[Coroutine[Any, Any, None]]()
            if isinstance(transport, HttpTransport):
                live = Live(settings, transport, works, plugins, clock)
                member = Member(settings, claim.epoch, transport, works, hooks or steering(plugins, live), clock, rng)
                plugins.news = member.tell
                member.restore()
                others = [*member.work(), live.streamer.run()]
            get_logger("agent").info("agent_started", source=settings.source, epoch=claim.epoch, waiting=len(spool))
            report = reporter.report if member is None else member.report
            await _until(stop, tick(clock, cadence, report), sender.run(), plugins.run(), *others)
            if not held.held:
                await reporter.report(0.0, LAST_ROUND_S)
            await sender.drain(clock.monotonic() + DRAIN_S)
            get_logger("agent").info("agent_stopped", waiting=len(spool))
        finally:
            await transport.close()


class Live:
    """Realtime sessions on this host; what is needed for them is made when the first one begins."""

    def __init__(
        self, settings: AgentSettings, transport: HttpTransport, works: Works, plugins: Plugins, clock: Clock
    ) -> None:
        self._arguments = False

        def sources() -> RealtimeSources:
            return RealtimeSources(
                settings.host_root, clock, off=lambda: works.rounds.off, arguments=lambda: self._arguments
            )

        self.streamer = Streamer(
            transport.client,
            clock,
            sources,
            latest=plugins.latest,
            watch=plugins.watch,
            allowed=lambda: not works.held.held,
        )

    def mask_arguments(self, masked: bool | None) -> None:
        """Show processes by their names alone, or with their arguments; by name if it is not said."""
        self._arguments = masked is False


def steering(plugins: Plugins, live: Live) -> Hooks:
    """What check-ins, orders and the central configuration do with the parts of this agent."""
    return Hooks(
        assign=plugins.assign,
        states=plugins.states,
        told=plugins.told,
        ordered=live.streamer.ordered,
        parts={"statsd": Part(dict[str, Any], plugins.statsd), "mask_arguments": Part(bool, live.mask_arguments)},
        pin=plugins.pin,
    )


def _open_spool(settings: AgentSettings, clock: Clock) -> Spool:
    return Spool(settings.spool, clock, max_bytes=settings.spool_max_mb << 20, max_age_s=settings.spool_max_age_s)


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
