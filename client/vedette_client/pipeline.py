"""The pipeline: one process's way from rows to the gateway, and the two threads that work on it.

One thread gathers, one sends: so rows become compact messages, and count against the bound of bytes, also while a
request hangs. Both are daemons and start with the first row.
"""

from __future__ import annotations

import logging
import random
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from vedette_client.buffer import Buffer, Policy
from vedette_client.clock import Clock
from vedette_client.gatherer import Gatherer
from vedette_client.identity import Identity
from vedette_client.sender import Sender
from vedette_client.spill import Spill
from vedette_client.transports.port import Transport

LULL_TICKS = 10
"""Ticks without a row after which the gatherer sleeps until one wakes it: to be woken costs who records 0.1 ms."""

_log = logging.getLogger("vedette_client")


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything a pipeline is made of, so that a forked child can make its own."""

    model: str
    version: str | None
    policy: Policy
    max_rows: int
    max_bytes: int
    batch_rows: int
    batch_bytes: int
    batch_age_s: float
    tick_s: float
    spill_folder: Path | None
    spill_bytes: int
    arrow: bool


class Pipeline:
    """Buffer, gatherer and sender, with an identity of their own.

    `OSError`: the spill's folder cannot be used. In a forked child, which nobody asked, it goes on without.
    """

    def __init__(self, settings: Settings, transport: Transport, clock: Clock, *, forked: bool = False) -> None:
        self._settings = settings
        self._transport = transport
        self._identity = Identity()
        self._threads: list[threading.Thread] = []
        self.buffer = Buffer(
            settings.policy, settings.max_rows, settings.max_bytes, settings.batch_rows, settings.batch_bytes
        )
        self.spill: Spill | None = None
        if settings.policy == "spill" and settings.spill_folder is not None:
            spill = Spill(settings.spill_folder, self._identity.epoch, settings.spill_bytes)
            try:
                self.buffer.adopted(spill.open())
                self.spill = spill
            except OSError as error:
                if not forked:
                    raise
                _log.error("this process cannot spill to disk: %s", error)
        self.gatherer = Gatherer(
            self.buffer,
            self._identity,
            self.spill,
            clock,
            model=settings.model,
            version=settings.version,
            age_s=settings.batch_age_s,
            arrow=settings.arrow,
        )
        self.sender = Sender(self.buffer, self._identity, self.spill, transport, random.Random())  # noqa: S311 - jitter

    def start(self) -> None:
        """Start the threads that do not run yet.

        Where none can be started, because the program is ending or the system has no more, rows wait; a later call
        tries again, and `close` does the work itself.
        """
        workers = (("gatherer", self._gather), ("sender", self._send))
        with self.buffer.changed:
            if self.buffer.leaving:
                return
            for name, target in workers[len(self._threads) :]:
                thread = threading.Thread(target=target, name=f"vedette-{name}", daemon=True)
                try:
                    thread.start()
                except RuntimeError:
                    return
                self._threads.append(thread)

    def work(self, *, force: bool = False) -> float | None:
        """Gather and try to send once, on this thread; what `Sender.step` answers."""
        self.gatherer.step(force=force)
        return self.sender.step()

    def flush(self, timeout_s: float, *, background: bool) -> bool:
        """Wait until the rows of before this call have their fate; False if the time is over first."""
        buffer = self.buffer
        with buffer.changed:
            target = buffer.books.settled + buffer.waiting
        deadline = time.monotonic() + timeout_s
        if background and buffer.waiting:
            self.start()
        if not background or not self._threads:
            while buffer.waiting and buffer.books.settled < target and time.monotonic() < deadline:
                if (self.work(force=True) or 0.0) > 0:
                    break
            return buffer.waiting == 0 or buffer.books.settled >= target
        with buffer.changed:
            buffer.flushing += 1
            buffer.changed.notify_all()
            try:
                return buffer.changed.wait_for(lambda: buffer.waiting == 0 or buffer.books.settled >= target, timeout_s)
            finally:
                buffer.flushing -= 1

    def close(self, timeout_s: float, *, background: bool) -> int:
        """Take no more rows, flush, end; the number of rows that had to be dropped. Those on disk stay there."""
        self.buffer.close()
        deadline = time.monotonic() + timeout_s
        self.flush(timeout_s, background=background)
        # The gatherer's thread is at rest or soon will be: it sees `leaving` before it takes anything again.
        with self.buffer.changed:
            self.buffer.leaving = True
            self.buffer.changed.notify_all()
        for thread in self._threads[:1]:
            thread.join()
        if self.buffer.in_memory:
            self.gatherer.put_away()
        dropped = self.buffer.give_up()
        for thread in self._threads[1:]:
            thread.join(max(0.0, deadline - time.monotonic()))
        if self.spill is not None:
            self.spill.close()
        if not self._threads:
            self._transport.close()
        return dropped

    def abandon(self) -> None:
        """After a fork, in the child: leave everything to the parent."""
        if self.spill is not None:
            self.spill.forget()

    def _gather(self) -> None:
        buffer = self.buffer
        tick = self._settings.tick_s

        def takes() -> bool:
            return bool(buffer.rows) and not buffer.is_held_up

        def flushes() -> bool:
            return buffer.flushing > 0 and (takes() or buffer.books.pending > 0)

        def called() -> bool:
            return takes() or buffer.leaving or flushes()

        def hurried() -> bool:
            return buffer.leaving or flushes() or (takes() and buffer.not_taken > buffer.batch_rows)

        idle = LULL_TICKS
        while True:
            with buffer.changed:
                if idle >= LULL_TICKS:
                    buffer.attend(False)
                    buffer.changed.wait_for(called, self.gatherer.due_s())
                    buffer.attend(True)
                buffer.changed.wait_for(hurried, tick)
                if buffer.leaving:
                    return
                force = buffer.flushing > 0
                idle = 0 if takes() else idle + 1
            self.gatherer.step(force=force)

    def _send(self) -> None:
        buffer = self.buffer

        def called() -> bool:
            return bool(buffer.messages) or buffer.books.on_disk > 0 or buffer.leaving

        while not buffer.leaving:
            wait_s = self.sender.step()
            with buffer.changed:
                if wait_s is None:
                    buffer.changed.wait_for(called)
                elif wait_s > 0:
                    buffer.changed.wait_for(lambda: buffer.leaving, wait_s)
        self._transport.close()
