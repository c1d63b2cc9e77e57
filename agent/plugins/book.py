"""The plugin book: all instances of this host, from its folder and from the gateway, each run at its own moments."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from pathlib import Path

from agent.collectors import Group
from agent.collectors.base import label_text
from agent.plugins.instance import Deliver, House, Instance
from agent.plugins.launcher.client import Launcher
from agent.plugins.listening import Listener
from agent.plugins.local import Signature, read_folder, signature
from agent.plugins.memory import Memory
from agent.plugins.verifying import Verifier
from agent.schedule import Schedule
from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.events.fleet import MOST_PLUGINS, PluginState
from vedette.events.plugins import PluginSpec, check_spec
from vedette.telemetry import get_logger

AT_ONCE = 8
"""So many runs go on at a time; a listener for StatsD, which runs always, is not one of them."""
LOOK_S = 10.0
"""How often the folder is looked at."""
SPREAD_S = 5.0
"""First runs are spread over so many seconds."""

WATCHED_S = 1.0
"""At most once in so many seconds an instance runs that somebody looks at."""
WATCHED_SHARE = 0.02
"""And all that are looked at together for at most this share of the time."""


def pace_s(run_ms: float, watched: int = 1) -> float:
    """How long one of `watched` instances that are looked at rests after a run of so many milliseconds."""
    return max(WATCHED_S - run_ms / 1000, watched * run_ms / 1000 / WATCHED_SHARE)


class PluginBook:
    """Knows what runs here, and runs it.

    `folder` holds the local configuration, `memory` is where instances remember. Configuration may change at any time:
    an instance whose spec did not change goes on undisturbed. `use` and `states` are for the fleet part.
    """

    def __init__(
        self,
        source: str,
        folder: Path,
        memory: Path,
        deliver: Deliver,
        clock: Clock,
        *,
        report_s: float,
        key: str | None,
        news: Callable[[], None] = lambda: None,
    ) -> None:
        self._source = source
        self._folder = folder
        self._clock = clock
        self._launcher = Launcher()
        self._verifier = Verifier(self._launcher, key)
        self._house = House(
            self._launcher, Memory(memory), deliver, self._verifier.verify, clock, folder, round(report_s * 1000), news
        )
        self._watched: frozenset[str] = frozenset()
        self._watching = asyncio.Event()
        self._central: list[PluginSpec] = []
        self._faults: dict[str, str] = {}
        self._central_faults: dict[str, str] = {}
        self._signature: Signature | None = None
        self._files: Signature = ()
        self._local: list[PluginSpec] = []
        self._running: dict[str, tuple[Instance, asyncio.Task[None]]] = {}
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._changed = asyncio.Event()
        self._log = get_logger("plugins")

    def use(self, specs: Sequence[PluginSpec]) -> dict[str, str]:
        """Take these as the central specs, all that there are, from now on; by name, what is wrong with the others."""
        self._central, self._central_faults = [], {}
        for spec in specs[:MOST_PLUGINS]:
            try:
                check_spec(spec)
                self._central.append(spec)
            except InvalidInput as error:
                self._central_faults[spec.name[:64] or "?"] = str(error)
        self._changed.set()
        return self._central_faults

    def pin(self, key: str | None) -> None:
        """Take this as the account's public key, by which central code is judged."""
        if self._verifier.pin(key):
            for name, (instance, _) in list(self._running.items()):
                if instance.central:
                    self._stop(name)
            self._changed.set()

    def states(self) -> list[PluginState]:
        """How every instance is, and the alerts that wait, by name. `delivered` takes these again."""
        found = {name: self._state(instance) for name, (instance, _) in self._running.items()}
        for name, reason in {**self._central_faults, **self._faults}.items():
            found.setdefault(name, PluginState(label_text(name), "refused", label_text(reason, 2000)))
        return [found[name] for name in sorted(found)][:MOST_PLUGINS]

    def delivered(self, states: Sequence[PluginState]) -> None:
        """The gateway has these states: their alerts are forgotten."""
        for state in states:
            running = self._running.get(state.name)
            if running is not None and state.alerts:
                running[0].alerts_sent(state.alerts)

    def latest(self, name: str) -> Group:
        """What the last run of an instance reported; nothing if there is none."""
        running = self._running.get(name)
        return Group({}) if running is None else running[0].latest

    def watch(self, names: frozenset[str]) -> None:
        """Somebody looks at these, and at no others: they run more often, see `pace_s`."""
        if names - self._watched:
            self._watching.set()
            self._watching = asyncio.Event()
        self._watched = names

    async def run(self) -> None:
        """Run all instances, and follow the configuration, for ever; cancelled, end all that runs."""
        try:
            while True:
                await self._apply()
                self._changed.clear()
                await self._until_changed()
        finally:
            for name in list(self._running):
                self._stop(name)
            self._launcher.close()

    async def _until_changed(self) -> None:
        waiting = [
            asyncio.ensure_future(self._changed.wait()),
            asyncio.ensure_future(self._clock.sleep_until(self._clock.monotonic() + LOOK_S)),
        ]
        try:
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waiting:
                one.cancel()

    async def _apply(self) -> None:
        await self._read_folder()
        wanted = {spec.name: (spec, True) for spec in self._central}
        for spec in self._local:
            if spec.name in wanted:
                self._log.warning("plugin_overruled", plugin=spec.name, by="the local configuration")
            wanted[spec.name] = (spec, False)
        for name, (instance, _) in list(self._running.items()):
            if wanted.get(name) != (instance.spec, instance.central):
                self._stop(name)
        for name in wanted.keys() - self._running.keys():
            spec, central = wanted[name]
            instance = Instance(spec, self._house, central=central)
            self._running[name] = (instance, asyncio.ensure_future(self._repeat(instance)))
        if not self._running:
            self._launcher.close()

    async def _read_folder(self) -> None:
        now = await asyncio.to_thread(signature, self._folder)
        if now == self._signature:
            return
        local = await asyncio.to_thread(read_folder, self._folder)
        code = tuple(entry for entry in now if entry[0].endswith(".py"))
        if code != self._files:  # which instance runs which file is not worth knowing: they start anew
            for name, (instance, _) in list(self._running.items()):
                if not instance.central:
                    self._stop(name)
        self._signature, self._files = now, code
        self._local, self._faults = local.specs, local.faults
        for name, reason in local.faults.items():
            self._log.warning("plugin_refused", plugin=name, error=reason)

    async def _repeat(self, instance: Instance) -> None:
        """Run an instance at each of its moments. One that takes over those of later runs costs it those."""
        if instance.spec.kind == "statsd":
            await Listener(instance, self._clock).run()
            return
        schedule = self._schedule(instance.spec)
        await self._clock.sleep_until(self._clock.monotonic() + self._first_s(schedule))
        turn = -1
        while True:
            async with self._turns:
                await self._once(instance)
            turn = schedule.following(turn, self._clock.monotonic())
            await self._until_due(instance, schedule.deadline(turn))

    async def _until_due(self, instance: Instance, deadline: float) -> None:
        """Wait until the deadline, and show the instance meanwhile to who looks at it."""
        run_ms = instance.state.run_ms
        while (now := self._clock.monotonic()) < deadline:
            watched = instance.spec.name in self._watched
            due = min(deadline, now + pace_s(run_ms, len(self._watched))) if watched else deadline
            if await self._until_watching(due):
                continue  # perhaps this one
            if due < deadline and instance.spec.name in self._watched:
                async with self._turns:
                    run_ms = await instance.look()

    async def _until_watching(self, deadline: float) -> bool:
        """Wait until somebody looks at other instances (True), at most until the deadline."""
        watching = asyncio.ensure_future(self._watching.wait())
        timer = asyncio.ensure_future(self._clock.sleep_until(deadline))
        try:
            done, _ = await asyncio.wait({watching, timer}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            watching.cancel()
            timer.cancel()
        return watching in done and timer not in done

    async def _once(self, instance: Instance) -> None:
        try:
            await instance.run()
        except Exception as error:  # noqa: BLE001 - a fault of ours with one plugin must not end the others
            self._log.error("plugin_run_failed", plugin=instance.spec.name, error=repr(error))

    def _schedule(self, spec: PluginSpec) -> Schedule:
        place = f"{self._source}/{spec.name}"
        return Schedule.of(place, spec.interval_s, now_ms=self._clock.now_ms(), monotonic=self._clock.monotonic())

    def _first_s(self, schedule: Schedule) -> float:
        part = (schedule.first - self._clock.monotonic()) / schedule.interval
        return min(SPREAD_S, schedule.interval) * (part % 1.0)

    def _stop(self, name: str) -> None:
        self._running.pop(name)[1].cancel()

    def _state(self, instance: Instance) -> PluginState:
        state = instance.state
        state.alerts = list(instance.kept().alerts)
        return state
