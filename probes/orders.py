"""Orders: which of the re-checks that come are still to be done, each once."""

from __future__ import annotations

from collections import OrderedDict

from vedette.events.control import Recheck

REMEMBERED = 20_000
AT_ONCE = 200
"""Re-checks that run at the same time, beside the scheduled checks' lanes."""


class Orders:
    """Decides about orders; pure bookkeeping. The caller says `done` for each that was accepted."""

    def __init__(self) -> None:
        self._seen: OrderedDict[int, None] = OrderedDict()
        self._running = 0

    def accept(self, order: Recheck, now_ms: int) -> bool:
        """Whether to do it now: not for one seen before, one past its deadline, or when too many run.

        What is refused is no loss: the next scheduled checks say the same, later.
        """
        if order.id in self._seen or now_ms > order.deadline_ms or self._running >= AT_ONCE:
            return False
        self._seen[order.id] = None
        if len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        self._running += 1
        return True

    def done(self) -> None:
        """One that was accepted has ended."""
        self._running -= 1
