"""Memory: what an instance remembers, and the alerts that nobody has fetched yet, in one small file each."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec

from vedette.events.fleet import MOST_ALERTS, PluginAlert
from vedette.telemetry import get_logger

LONGEST = 1 << 20


class Kept(msgspec.Struct, omit_defaults=True):
    """The content of a file. `plugin` is which one remembered: another of the same name begins with nothing."""

    plugin: str
    memory: dict[str, Any] = msgspec.field(default_factory=dict)
    alerts: list[PluginAlert] = msgspec.field(default_factory=list)


LEFT_OUT = "alerts were left out"


def bounded(alerts: list[PluginAlert]) -> list[PluginAlert]:
    """At most `MOST_ALERTS`, the newest; if some had to go, the first says how many."""
    if len(alerts) <= MOST_ALERTS:
        return alerts
    gone, kept = alerts[: 1 - MOST_ALERTS], alerts[1 - MOST_ALERTS :]
    count = sum(int(one.body.split()[0]) if one.subject == LEFT_OUT else 1 for one in gone)
    return [PluginAlert(LEFT_OUT, f"{count} older ones waited too long for the gateway", gone[-1].at_ms), *kept]


_decoder = msgspec.json.Decoder(Kept)


class Memory:
    """The files of a folder, one for each instance, readable by the agent's user alone.

    A file is written whole or not at all, and after the run's values are in the spool: if the agent dies between the
    two, the next run starts from the older memory, and finds again what was reported already.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._log = get_logger("plugins")

    def load(self, name: str, plugin: str) -> Kept:
        """What is kept for an instance; nothing if there is no file, or one that cannot be read."""
        try:
            with self._path(name).open("rb") as file:
                kept = _decoder.decode(file.read(LONGEST))
        except FileNotFoundError:
            return Kept(plugin)
        except (OSError, msgspec.DecodeError) as error:
            self._log.warning("plugin_memory_broken", plugin=name, error=str(error))
            return Kept(plugin)
        return kept if kept.plugin == plugin else Kept(plugin)

    def save(self, name: str, kept: Kept) -> None:
        """Keep it. A disk that is full is logged, and the older file stays."""
        kept.alerts = bounded(kept.alerts)
        path = self._path(name)
        fresh = path.with_suffix(".new")
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(msgspec.json.encode(kept))
                file.flush()
                os.fsync(file.fileno())
            fresh.replace(path)
        except OSError as error:
            self._log.error("plugin_memory_lost", plugin=name, error=str(error))

    def _path(self, name: str) -> Path:
        return self._folder / f"{name}.json"
