"""Shards: which monitors of a location are this probe's, where several probes share them."""

from __future__ import annotations

from dataclasses import dataclass

from probes.monitors import Monitor
from vedette.errors import ConfigurationError
from vedette.events.names import hash64

MOST = 1000


@dataclass(frozen=True, slots=True)
class Shard:
    """Part `number` of `count`, counted from 1. Each monitor is in exactly one of the `count` parts."""

    number: int = 1
    count: int = 1

    def has(self, monitor: Monitor) -> bool:
        """Whether the monitor is in this part; follows from its id alone, so probes need not talk to each other."""
        return hash64("shard", monitor.id) % self.count == self.number - 1


def parse_shard(text: str) -> Shard:
    """`2/5` is the second of five parts; `ConfigurationError` for anything else."""
    number, slash, count = text.partition("/")
    if slash and all(part.isascii() and part.isdigit() and len(part) <= 4 for part in (number, count)):
        shard = Shard(int(number), int(count))
        if 1 <= shard.number <= shard.count <= MOST:
            return shard
    raise ConfigurationError("VEDETTE_SHARD", text, f"a part of at most {MOST}, such as 2/5 for the second of five")


WHOLE = Shard()
"""All monitors: one probe has the location for itself."""
