"""Group commit: writes that arrive while one is on its way to the disk share the next transaction."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, field

from vedette.errors import LogUnavailable, Overloaded
from vedette.log.port import Message

_LARGEST_GROUP = 8 << 20
"""Bytes of one transaction: larger ones only delay the acknowledgement."""


@dataclass(slots=True)
class Write:
    """Messages of one produce call, each with its partition, and the bytes they hold."""

    rows: list[tuple[int, Message]]
    size: int
    done: Future[None] = field(default_factory=Future)


class GroupCommit:
    """A thread that commits groups of writes; at most `max_pending_bytes` wait for it."""

    def __init__(self, commit: Callable[[Sequence[Write]], None], max_pending_bytes: int) -> None:
        self._commit = commit
        self._max = max_pending_bytes
        self._pending: list[Write] = []
        self._bytes = 0
        self._closed = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="log-writer", daemon=True)
        self._thread.start()

    def submit(self, write: Write) -> Future[None]:
        """Queue `write`; `Overloaded` if the buffer is full, `LogUnavailable` after `close`."""
        if not write.rows:
            write.done.set_result(None)
            return write.done
        with self._changed:
            if self._closed:
                raise LogUnavailable("the log is closed")
            if self._pending and self._bytes + write.size > self._max:
                raise Overloaded(f"{self._bytes} bytes wait for the log; try again")
            self._pending.append(write)
            self._bytes += write.size
            self._changed.notify()
        return write.done

    def _take(self) -> list[Write]:
        with self._changed:
            while not self._pending and not self._closed:
                self._changed.wait()
            size, count = 0, 0
            for write in self._pending:
                size += write.size
                count += 1
                if size >= _LARGEST_GROUP:
                    break
            group, self._pending = self._pending[:count], self._pending[count:]
            return group

    def _run(self) -> None:
        while group := self._take():
            try:
                self._commit(group)
            except Exception as error:  # noqa: BLE001 - whatever went wrong, those who wait must learn of it
                self._finish(group, error)
            else:
                self._finish(group, None)

    def _finish(self, group: list[Write], error: Exception | None) -> None:
        with self._changed:
            self._bytes -= sum(write.size for write in group)
        for write in group:
            if not write.done.set_running_or_notify_cancel():
                continue
            if error is None:
                write.done.set_result(None)
            else:
                write.done.set_exception(error)

    def close(self) -> None:
        """Commit what is queued, then end the thread."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join()
