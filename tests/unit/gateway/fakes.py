"""A store and a log in memory, as far as the gateway's parts ask for them."""

from __future__ import annotations

from typing import Any

from vedette.errors import StoreUnavailable
from vedette.log import Bounds, Record


class FakeStore:
    """Answers with what it was given, counts how often it was asked, and can be away."""

    def __init__(self) -> None:
        self.asked = 0
        self.away = False
        self.found: list[dict[str, Any]] = []

    def rows(self, sql: str, *values: Any) -> list[dict[str, Any]]:
        """The rows."""
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        return self.found

    def row(self, sql: str, *values: Any) -> dict[str, Any] | None:
        """The first row."""
        return next(iter(self.rows(sql, *values)), None)


class FakeLog:
    """Topics of two partitions, appended to by `put`, cut off by `trim`."""

    def __init__(self) -> None:
        self._values: dict[tuple[str, int], list[bytes]] = {}
        self._starts: dict[tuple[str, int], int] = {}

    def put(self, topic: str, partition: int, *values: bytes) -> None:
        """Append."""
        self._values.setdefault((topic, partition), []).extend(values)

    def trim(self, topic: str, partition: int, start: int) -> None:
        """Forget what stands before `start`."""
        self._starts[topic, partition] = start

    def bounds(self, topic: str) -> list[Bounds]:
        """As the port says."""
        return [Bounds(self._starts.get((topic, n), 0), len(self._values.get((topic, n), []))) for n in range(2)]

    def read(self, topic: str, partition: int, offset: int, max_messages: int) -> list[Record]:
        """As the port says."""
        values = self._values.get((topic, partition), [])
        start = max(offset, self._starts.get((topic, partition), 0))
        return [Record(at, 0, b"", values[at]) for at in range(start, min(len(values), start + max_messages))]
