"""Writing behind: the store commits one batch while the flow makes the next."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

from sinks.patience import persist

T = TypeVar("T")

_MOST_WAITING = 4
"""Items that are held back at most: more would only take memory."""


class WriteBehind(Generic[T]):
    """Hands items to `write` in a thread of its own, those that have waited together in one call, in their order.

    `write` must replace rather than add: after a crash items come again. Who puts items in must `settle` before a
    snapshot that counts them as done, so that no snapshot is ever ahead of the store. While the store is away items
    wait, and then so does who puts in more. An error that is no outage is raised by every later call.
    """

    def __init__(self, name: str, write: Callable[[Sequence[T]], None]) -> None:
        self._name, self._write = name, write
        self._changed = threading.Condition()
        self._waiting: list[T] = []
        self._writing = False
        self._error: BaseException | None = None

    def put(self, item: T) -> None:
        """Hand `item` over; waits while too many have not been taken up."""
        with self._changed:
            self._changed.wait_for(lambda: len(self._waiting) < _MOST_WAITING or self._error is not None)
            self._check()
            self._waiting.append(item)
            if not self._writing:
                threading.Thread(target=self._run, name=self._name, daemon=True).start()
                self._writing = True

    def settle(self) -> None:
        """Return when everything is committed."""
        with self._changed:
            self._changed.wait_for(lambda: not self._writing)
            self._check()

    def _check(self) -> None:
        if self._error is not None:
            raise self._error

    def _run(self) -> None:
        """Write until nothing waits."""
        while items := self._take():
            try:
                persist(self._name, lambda: self._write(items))
            except BaseException as error:  # noqa: BLE001 - the flow's thread raises it
                with self._changed:
                    self._error, self._writing = error, False
                    self._changed.notify_all()
                return

    def _take(self) -> list[T]:
        with self._changed:
            items, self._waiting = self._waiting, []
            self._writing = bool(items)
            self._changed.notify_all()
        return items
