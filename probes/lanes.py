"""Lanes: bounded concurrency; which slot may start, which one waits, and which one has missed its turn."""

from __future__ import annotations

from collections.abc import Container

from probes.schedule import Slot


class Lanes:
    """At most `capacity` checks at once, at most one of each monitor; the rest waits in order of arrival.

    Pure bookkeeping: the caller starts what `start` hands out and says `done` when it ended.
    """

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        self._running: dict[int, Slot] = {}
        self._waiting: dict[int, Slot] = {}

    def offer(self, slot: Slot) -> Slot | None:
        """Queue `slot`; the slot that is missed by that, if any.

        A monitor that still runs misses the new slot. A monitor that still waits misses the old one, and
        the new slot takes its place in the queue.
        """
        if slot.monitor in self._running:
            return slot
        older = self._waiting.get(slot.monitor)
        self._waiting[slot.monitor] = slot
        return older

    def start(self) -> list[Slot]:
        """The waiting slots that may start now; they count as running from here on."""
        free = self._capacity - len(self._running)
        slots = [slot for slot, _ in zip(self._waiting.values(), range(free), strict=False)]
        for slot in slots:
            del self._waiting[slot.monitor]
            self._running[slot.monitor] = slot
        return slots

    def done(self, monitor: int) -> None:
        """The running check of `monitor` has ended; its lane is free."""
        del self._running[monitor]

    def keep(self, monitors: Container[int]) -> None:
        """Forget waiting slots of monitors that are not in `monitors` any more."""
        self._waiting = {key: slot for key, slot in self._waiting.items() if key in monitors}

    def give_up(self) -> list[Slot]:
        """Empty the queue; the slots that waited."""
        slots = list(self._waiting.values())
        self._waiting.clear()
        return slots

    def open(self) -> list[Slot]:
        """Slots without a result yet: running, then waiting."""
        return [*self._running.values(), *self._waiting.values()]

    @property
    def waiting(self) -> int:
        """How many slots wait for a lane."""
        return len(self._waiting)
