"""A bounded memory: values by key, up to a weight in bytes; full, it begins anew."""

from __future__ import annotations

from typing import Generic, TypeVar

K = TypeVar("K")
V = TypeVar("V")


class Bounded(Generic[K, V]):
    """A dictionary whose entries have weights; when their sum would exceed `most`, all are forgotten first.

    What it holds can be computed again, so forgetting costs time and never truth.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._weight = 0
        self._values: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """The value, or None."""
        return self._values.get(key)

    def put(self, key: K, value: V, weight: int) -> None:
        """Remember a value; one that is heavier than all that fits is not remembered."""
        if weight > self._most:
            return
        if self._weight + weight > self._most:
            self._values.clear()
            self._weight = 0
        self._values[key] = value
        self._weight += weight

    def __len__(self) -> int:
        return len(self._values)
