"""A lane: one thread for all collectors of a tick, since a thread for each costs more than most of them do."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future

from agent.collectors import Group
from vedette.clock import Clock

_Item = tuple[Callable[[], list[Group]], "Future[list[Group]]"]


class Lane:
    """Starts calls one after the other in a thread that does not keep the process alive.

    While a call has been running for more than `limit_s`, the lane is left to it, and what comes next gets another.
    """

    def __init__(self, clock: Clock, limit_s: float) -> None:
        self._clock, self._limit_s = clock, limit_s
        self._items: queue.SimpleQueue[_Item | None] = queue.SimpleQueue()
        self._since: list[float | None] = [None]
        self._thread: threading.Thread | None = None

    def start(self, call: Callable[[], list[Group]]) -> Future[list[Group]]:
        """The future of `call`, which runs when those before it have."""
        self.relieve()
        if self._thread is None:
            self._open()
        future: Future[list[Group]] = Future()
        future.set_running_or_notify_cancel()
        self._items.put((call, future))
        return future

    def relieve(self) -> None:
        """Give what waits behind a call that hangs another thread."""
        since = self._since[0]
        if self._thread is None or since is None or self._clock.monotonic() - since <= self._limit_s:
            return
        stuck = self._items
        self._open()
        while True:
            try:
                self._items.put(stuck.get_nowait())
            except queue.Empty:
                break
        stuck.put(None)

    def _open(self) -> None:
        self._items, self._since = queue.SimpleQueue(), [None]
        self._thread = threading.Thread(target=self._run, args=(self._items, self._since), daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Let the thread end when it has done what it was given."""
        self._items.put(None)
        self._thread = None

    def _run(self, items: queue.SimpleQueue[_Item | None], since: list[float | None]) -> None:
        while (item := items.get()) is not None:
            call, future = item
            since[0] = self._clock.monotonic()
            try:
                future.set_result(call())
            except BaseException as error:  # noqa: BLE001 - whatever it was belongs to the future
                future.set_exception(error)
            since[0] = None
