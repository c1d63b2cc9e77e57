"""Opening the plugin book when there is a first plugin; until then nothing of it is loaded."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from agent.collectors import Group
from vedette.clock import Clock
from vedette.events.fleet import PluginState, Refusal
from vedette.events.plugins import PluginSpec

if TYPE_CHECKING:
    from agent.plugins.book import PluginBook
    from agent.plugins.instance import Deliver
    from vedette.settings import AgentSettings

LOOK_S = 10.0
"""How often it is looked whether there is a folder of plugins meanwhile."""


class Plugins:
    """The agent's plugins, as its other parts see them. Nothing blocks, and nothing is loaded before it is needed.

    Local plugins come from the folder of the settings, central ones by `assign`. Instances remember beside the spool.
    """

    def __init__(self, settings: AgentSettings, deliver: Deliver, clock: Clock) -> None:
        self._settings = settings
        self._deliver = deliver
        self._clock = clock
        self._key = settings.plugin_key
        self._specs: list[PluginSpec] = []
        self._statsd: list[PluginSpec] = []
        self._book: PluginBook | None = None
        self._needed = asyncio.Event()
        self.news: Callable[[], None] = lambda: None
        """Called when an instance has an alert, or another state than before."""

    def assign(self, specs: Sequence[PluginSpec]) -> list[Refusal]:
        """Run these, all that the gateway wants here; those that are refused for what stands in them."""
        self._specs = list(specs)
        return self._used()

    def statsd(self, options: dict[str, Any] | None) -> list[Refusal]:
        """Listen for StatsD with these options, or no longer."""
        self._statsd = []
        if options is not None:
            given = dict(options)
            every = given.pop("interval_s", self._settings.interval_s)
            self._statsd = [PluginSpec("statsd", "statsd", "statsd", given, interval_s=every)]
        return self._used()

    def pin(self, key: str | None) -> None:
        """The account's public key, as given at enrolment; one in the settings stands above it."""
        self._key = self._settings.plugin_key or key
        if self._book is not None:
            self._book.pin(self._key)

    def states(self) -> list[PluginState]:
        """How every instance is, with the alerts that wait."""
        return [] if self._book is None else self._book.states()

    def told(self, states: Sequence[PluginState]) -> None:
        """The gateway has these states: their alerts are forgotten."""
        if self._book is not None:
            self._book.delivered(states)

    def latest(self, name: str) -> Group:
        """What the last run of an instance reported."""
        return Group({}) if self._book is None else self._book.latest(name)

    def watch(self, names: frozenset[str]) -> None:
        """Somebody looks at these instances, and at no others: they run more often."""
        if self._book is not None:
            self._book.watch(names)

    async def run(self) -> None:
        """Run plugins as soon as there are some, for ever."""
        while not self._settings.plugins.is_dir() and not self._needed.is_set():
            waiting = asyncio.ensure_future(self._needed.wait())
            look = asyncio.ensure_future(self._clock.sleep_until(self._clock.monotonic() + LOOK_S))
            try:
                await asyncio.wait({waiting, look}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                waiting.cancel()
                look.cancel()
        await self._opened().run()

    def _used(self) -> list[Refusal]:
        wanted = [*self._specs, *self._statsd]
        if not wanted and self._book is None:
            return []
        self._needed.set()
        faults = self._opened().use(wanted)
        return [Refusal(f"plugins[{name}]", reason) for name, reason in faults.items()]

    def _opened(self) -> PluginBook:
        if self._book is None:
            from agent.plugins.book import PluginBook

            settings = self._settings
            self._book = PluginBook(
                settings.source,
                settings.plugins,
                settings.spool / "plugins",
                self._deliver,
                self._clock,
                report_s=settings.interval_s,
                key=self._key,
                news=self.news,
            )
        return self._book
