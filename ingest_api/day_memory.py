"""Day memory: what the last day of all monitors of an account adds up to, for the list that every page shows."""

from __future__ import annotations

from collections.abc import Callable
from threading import Lock
from typing import Generic, TypeVar

from vedette.clock import Clock

T = TypeVar("T")
_SHARE = 10
"""So many times as long as it took to find it, it is given again: at most a tenth of the time goes into finding it."""
_LONGEST_S = 30.0


class DayMemory(Generic[T]):
    """One value by account. Safe to use from any thread; who asks while it is being found waits for that.

    A small account's list is always fresh; that of ten thousand monitors, which costs the database a second, is found
    again every ten seconds, however many look at it.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._known: dict[int, tuple[float, T]] = {}
        self._locks: dict[int, Lock] = {}

    def get(self, account: int, find: Callable[[], T]) -> T:
        """What is remembered, or else what `find` gives; its errors are not remembered."""
        lock = self._locks.setdefault(account, Lock())
        with lock:
            until, value = self._known.get(account, (0.0, None))
            begun = self._clock.monotonic()
            if value is not None and begun < until:
                return value
            value = find()
            ended = self._clock.monotonic()
            self._known[account] = ended + min(_LONGEST_S, _SHARE * (ended - begun)), value
            return value
