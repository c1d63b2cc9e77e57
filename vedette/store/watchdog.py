"""The watchdog: work on a connection that takes too long is ended, whatever the server or the network does."""

from __future__ import annotations

import contextlib
import os
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg


@dataclass(slots=True)
class Watch:
    """One piece of work; `barked` once it took too long and its connection was cut."""

    connection: psycopg.Connection[Any]
    due: float
    barked: bool = False


class Watchdog:
    """Cuts the sockets of connections whose work is overdue.

    The server's own time limit cannot reach us over a network that swallows everything, and keep-alives are answered by
    the kernel of a machine whose server hangs; a thread that waits for either would wait for ever. The thread starts
    with the first watch, and sleeps while there is none.
    """

    def __init__(self) -> None:
        self._by_id: dict[int, Watch] = {}
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._closed = False

    @contextmanager
    def watch(self, connection: psycopg.Connection[Any], limit_s: float) -> Iterator[Watch]:
        """Let the work inside take no longer than `limit_s`."""
        watch = Watch(connection, time.monotonic() + limit_s)
        with self._changed:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="watchdog", daemon=True)
                self._thread.start()
            self._by_id[id(watch)] = watch
            if len(self._by_id) == 1:
                self._changed.notify()
        try:
            yield watch
        finally:
            # Under the lock: a connection is never cut after its work has ended, when it may serve somebody else.
            with self._changed:
                self._by_id.pop(id(watch), None)

    def close(self) -> None:
        """End the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(5)

    def _run(self) -> None:
        with self._changed:
            while not self._closed:
                now = time.monotonic()
                for watch in [watch for watch in self._by_id.values() if watch.due <= now]:
                    watch.barked = True
                    del self._by_id[id(watch)]
                    _cut(watch.connection)
                soonest = min((watch.due for watch in self._by_id.values()), default=None)
                # Short naps, for a watch that was added meanwhile may be due before those that were here.
                self._changed.wait(None if soonest is None else min(max(soonest - now, 0.01), 0.5))


def _cut(connection: psycopg.Connection[Any]) -> None:
    """Shut the socket down, which wakes whoever reads from it; closing it here would give its number to others."""
    with contextlib.suppress(psycopg.Error, OSError), socket.socket(fileno=os.dup(connection.fileno())) as wire:
        wire.shutdown(socket.SHUT_RDWR)
