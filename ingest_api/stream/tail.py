"""A topic's tail: what comes into it from a moment on, over all of its partitions."""

from __future__ import annotations

from vedette.errors import VedetteError
from vedette.log import Log, Record

_BATCH = 2_000


class TopicTail:
    """Reads a topic from its end on. Blocks on the log."""

    def __init__(self, log: Log, topic: str) -> None:
        self._log, self._topic = log, topic
        self._positions: list[int] = []

    def begin(self) -> None:
        """Be at the topic's end; raises `Unavailable` while the log is away."""
        self._positions = [bounds.end for bounds in self._log.bounds(self._topic)]

    def read(self) -> list[Record]:
        """What is new, of all partitions; what was read is not lost because the log went away then."""
        found: list[Record] = []
        for partition, start in enumerate(self._positions):
            try:
                records = self._log.read(self._topic, partition, start, _BATCH)
            except VedetteError:
                if not found:
                    raise
                return found
            if records:
                self._positions[partition] = records[-1].offset + 1
                found += records
        return found
