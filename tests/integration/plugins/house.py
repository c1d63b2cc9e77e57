"""A house for instances under test: a real launcher, and what they deliver."""

from __future__ import annotations

import asyncio
import os
import textwrap
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

from agent.collectors import Group
from agent.plugins.instance import House, Instance
from agent.plugins.launcher.client import Launcher
from agent.plugins.launcher.watching import process_table
from agent.plugins.memory import Memory
from agent.plugins.outcome import Outcome
from agent.plugins.verifying import Verifier
from vedette.clock import SystemClock
from vedette.events.plugins import PluginSpec

T = TypeVar("T")
BEGINNING = """
import os, sys, time, subprocess, socket
from vedette_plugin import Metric, Option, Plugin, PluginError


class Tried(Plugin):
    name = "tried"
    options = (Option("password", "", secret=True), Option("text", ""))

    def run(self):
"""


class Bench:
    """Runs plugins as an agent does; `delivered` is what would be in the spool."""

    def __init__(self, folder: Path, key: str | None = None) -> None:
        self.folder = folder / "plugins.d"
        self.folder.mkdir(exist_ok=True)
        self.launcher = Launcher()
        self.memory = Memory(folder / "memory")
        self.delivered: list[tuple[Group, int]] = []
        self.full = False
        verify = Verifier(self.launcher, key).verify
        self.house = House(self.launcher, self.memory, self._deliver, verify, SystemClock(), self.folder, 60_000)

    async def _deliver(self, group: Group, interval_ms: int) -> bool:
        if not self.full:
            self.delivered.append((group, interval_ms))
        return not self.full

    def write(self, name: str, body: str) -> Path:
        """A plugin whose `run` is `body`."""
        path = self.folder / f"{name}.py"
        path.write_text(BEGINNING + textwrap.indent(textwrap.dedent(body).strip() or "pass", "        ") + "\n")
        path.chmod(0o644)
        return path

    def instance(self, body: str | None = None, name: str = "tried", **fields: Any) -> Instance:
        """An instance of a plugin with this `run`, or of `plugin`, if that is among the fields."""
        if body is not None:
            self.write(name, body)
        central = fields.pop("central", False)
        spec = PluginSpec(name, **{"plugin": name, "timeout_s": 20.0, **fields})
        return Instance(spec, self.house, central=central)


def in_house(folder: Path, use: Callable[[Bench], Awaitable[T]], key: str | None = None) -> T:
    """Run `use` with a bench, and end its launcher."""

    async def whole() -> T:
        bench = Bench(folder, key)
        try:
            return await use(bench)
        finally:
            bench.launcher.close()

    return asyncio.run(whole())


def outcome_of(folder: Path, body: str, **fields: Any) -> Outcome:
    """One run of a plugin with this `run`."""

    async def use(bench: Bench) -> Outcome:
        return await bench.instance(body, **fields).run()

    return in_house(folder, use)


def alive(*numbers: int) -> list[int]:
    """Which of these processes are alive (a zombie is not)."""
    return [number for number in numbers if number in process_table() and state(number) != "Z"]


def state(number: int) -> str:
    """The letter of a process's state; Z if it is gone."""
    try:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "Z"


def marked(mark: str) -> list[int]:
    """Processes of this machine that have `mark` among their arguments."""
    found = []
    for number in process_table():
        try:
            if mark.encode() in Path(f"/proc/{number}/cmdline").read_bytes().split(b"\0") and number != os.getpid():
                found.append(number)
        except OSError:
            continue
    return found
