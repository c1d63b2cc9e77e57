"""Instance: one plugin with its options on this host, run again and again, and what is known about it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.collectors.base import Group, label_text, series
from agent.plugins.bounds import SeriesBound
from agent.plugins.finding import Found, Refused, Verify, find
from agent.plugins.launcher.client import Launcher, LauncherLost
from agent.plugins.memory import Kept, Memory, bounded
from agent.plugins.outcome import Outcome, judge
from agent.plugins.secrets import Place, resolve
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.fleet import LONGEST_TEXT, PluginAlert, PluginState
from vedette.events.plugins import PluginSpec
from vedette.telemetry import get_logger

Deliver = Callable[[Group, int], Awaitable[bool]]
"""Takes a run's values and how often such come (ms); returns, once they are in the spool, whether they are."""

LISTEN_MARGIN_S = 5.0
"""Seconds beyond its listening that a StatsD run has to add up and answer."""
_LOADABLE = frozenset(
    [
        "csv",
        "datetime",
        "gzip",
        "hashlib",
        "http.client",
        "select",
        "shlex",
        "ssl",
        "struct",
        "urllib.parse",
        "urllib.request",
        "agent.plugins.kinds.perfdata",
        "prometheus_client.parser",
        "prometheus_client.openmetrics.parser",
        "vedette_plugin.command",
        "vedette_plugin.http",
    ]
)
"""Modules that the launcher loads once our own plugins have been seen to use them."""


@dataclass(frozen=True, slots=True)
class House:
    """What all instances of an agent share."""

    launcher: Launcher
    memory: Memory
    deliver: Deliver
    verify: Verify
    clock: Clock
    folder: Path
    report_ms: int
    """How often the agent itself reports, in milliseconds."""
    news: Callable[[], None] = lambda: None
    """Called when an instance has an alert, or another state than before."""


class Instance:
    """Runs `spec` when it is told to; never twice at a time. `central`: it came from the gateway."""

    def __init__(self, spec: PluginSpec, house: House, *, central: bool = False) -> None:
        self.spec = spec
        self.central = central
        self._house = house
        self._bound = SeriesBound(spec.max_series)
        self._kept: Kept | None = None
        self._found: Found | None = None
        self._secrets: list[str] = []
        self._log = get_logger("plugins")
        self.state = PluginState(spec.name, "ok")
        self.latest = Group({})

    async def run(self, sockets: tuple[int, ...] = ()) -> Outcome:
        """One run, from the options to the spool. Never raises for what a plugin does."""
        now = self._house.clock.now_ms()
        outcome = await self._outcome(now, sockets)
        await self._report(outcome)
        self._note(outcome, now)
        return outcome

    async def look(self) -> float:
        """A run for those who look on in a realtime session: they see its values, and nothing else comes of it.

        Memory and alerts stay as they are, so that the next ordinary run tells what it would have told. Returns how
        long it took, in milliseconds.
        """
        try:
            outcome = await self._ran(())
        except (Refused, InvalidInput, LauncherLost, OSError, ValueError):
            return 0.0
        if outcome.state == "ok":
            self.latest = Group(outcome.values, outcome.kinds)
        return outcome.run_ms

    async def _outcome(self, now: int, sockets: tuple[int, ...]) -> Outcome:
        if not self._bound.begin(now):
            return self._held()
        try:
            outcome = await self._ran(sockets)
        except Refused as error:
            return Outcome("refused", label_text(str(error), LONGEST_TEXT))
        except (InvalidInput, LauncherLost, OSError, ValueError) as error:
            return Outcome("failing", label_text(str(error), LONGEST_TEXT))
        if not self._bound.admit(outcome.values, now):
            return self._held()
        return outcome

    async def _ran(self, sockets: tuple[int, ...]) -> Outcome:
        spec, house = self.spec, self._house
        if self._found is None:
            self._found = await find(spec, central=self.central, folder=house.folder, verify=house.verify)
        place = Place(house.folder.parent / "secrets", "VEDETTE_SECRET_") if self.central else Place()
        given = resolve({**spec.options, **self._found.options}, place)
        order: dict[str, Any] = {
            "mode": "run",
            **self._found.order(),
            "options": given.options,
            "memory": self.kept().memory,
            "timeout_s": self.timeout_s(),
            "max_series": spec.max_series,
            "descriptors": list(range(4, 4 + len(sockets))),
        }
        ended = await house.launcher.run(order, timeout_s=self.timeout_s(), memory_mb=spec.memory_mb, sockets=sockets)
        outcome = judge(spec, ended, given, self._secrets)
        self._secrets = outcome.secrets
        if self._found.ours and self._found.path is not None:
            house.launcher.load(sorted(_LOADABLE & {*outcome.modules}), [self._found.path])
        return outcome

    def timeout_s(self) -> float:
        """Seconds after which a run is ended: before the next one is due. Who listens does so for a whole interval."""
        if self.spec.kind == "statsd":
            return self.spec.interval_s + LISTEN_MARGIN_S
        return min(self.spec.timeout_s, self.spec.interval_s)

    def kept(self) -> Kept:
        """What this instance remembers."""
        if self._kept is None:
            self._kept = self._house.memory.load(self.spec.name, self.spec.plugin)
        return self._kept

    def alerts_sent(self, sent: list[PluginAlert]) -> None:
        """Forget alerts that have been delivered."""
        kept = self.kept()
        left = [alert for alert in kept.alerts if alert not in sent]
        if len(left) != len(kept.alerts):
            kept.alerts = left
            self._house.memory.save(self.spec.name, kept)

    async def _report(self, outcome: Outcome) -> None:
        """The values, and whether there are any, into the spool; then, and only then, the memory."""
        spec, house = self.spec, self._house
        values = dict(outcome.values)
        values[series("plugin.up", plugin=spec.name)] = float(outcome.state == "ok")
        values[series("plugin.run_ms", plugin=spec.name)] = outcome.run_ms
        self.latest = Group(values, outcome.kinds)
        # No more often than the agent: silence is judged by the shorter of both.
        spooled = await house.deliver(self.latest, min(round(spec.interval_s * 1000), house.report_ms))
        if not spooled:
            return
        kept = self.kept()
        fresh = [PluginAlert(subject, body, house.clock.now_ms()) for subject, body in outcome.alerts]
        if fresh or (outcome.memory is not None and outcome.memory != kept.memory):
            kept.memory = kept.memory if outcome.memory is None else outcome.memory
            kept.alerts = bounded([*kept.alerts, *fresh])
            house.memory.save(spec.name, kept)
        if fresh:
            house.news()

    def _held(self) -> Outcome:
        return Outcome(
            "disabled",
            f"held until the day ends: it named more than {self._bound.most} series in a day"
            f" ({self.spec.max_series} at a time are allowed by max_series)",
        )

    def _note(self, outcome: Outcome, now: int) -> None:
        before = self.state
        series_count = len(outcome.values)
        self.state = PluginState(
            self.spec.name, outcome.state, outcome.error, ran_ms=now, run_ms=outcome.run_ms, series=series_count
        )
        if before.state != outcome.state:
            self._house.news()
        if (before.state, before.error) != (outcome.state, outcome.error):
            level = self._log.info if outcome.state == "ok" else self._log.warning
            level("plugin_state", plugin=self.spec.name, state=outcome.state, error=outcome.error)
