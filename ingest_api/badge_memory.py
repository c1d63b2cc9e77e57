"""Badge memory: what badges have shown lately, so that a link on a busy page costs the database little."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock

from vedette.clock import Clock

FRESH_S = 30.0
_MOST = 10_000


class BadgeMemory:
    """Messages and colours by key, each for `FRESH_S` seconds; the oldest go first when there are too many.

    Safe to use from any thread. Two that ask for the same at once may both compute it: the answers are equal.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: OrderedDict[Hashable, tuple[float, tuple[str, str]]] = OrderedDict()
        self._lock = Lock()

    def get(self, key: Hashable, compute: Callable[[], tuple[str, str]]) -> tuple[str, str]:
        """What is remembered, or else what `compute` gives; its errors are not remembered."""
        with self._lock:
            found = self._known.get(key)
        if found is not None and self._clock.monotonic() - found[0] < FRESH_S:
            return found[1]
        value = compute()
        with self._lock:
            self._known[key] = (self._clock.monotonic(), value)
            self._known.move_to_end(key)
            while len(self._known) > _MOST:
                self._known.popitem(last=False)
        return value
