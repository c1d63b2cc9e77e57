"""Cache: answers and failures with the moment at which they end, bounded in number."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

Key = TypeVar("Key")
Value = TypeVar("Value")

MOST = 50_000


class Cache(Generic[Key, Value]):
    """Forgets what has ended, and above `most` what was put in first."""

    def __init__(self, now: Callable[[], float], most: int = MOST) -> None:
        self._now = now
        self._most = most
        self._entries: OrderedDict[Key, tuple[float, Value]] = OrderedDict()

    def get(self, key: Key) -> Value | None:
        """What was put there and still lives."""
        entry = self._entries.get(key)
        if entry is None:
            return None
        ends_at, value = entry
        if self._now() >= ends_at:
            del self._entries[key]
            return None
        return value

    def put(self, key: Key, value: Value, life_s: float) -> None:
        """Keep `value` for `life_s` seconds; not at all for none."""
        self._entries.pop(key, None)
        if life_s <= 0:
            return
        self._entries[key] = (self._now() + life_s, value)
        if len(self._entries) > self._most:
            self._entries.popitem(last=False)

    def __len__(self) -> int:
        return len(self._entries)
