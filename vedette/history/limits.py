"""Limits: what one query may take from the archive, and for how long."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from vedette.clock import Clock
from vedette.errors import ArchiveUnavailable, InvalidInput
from vedette.settings import ArchiveQuerySettings


class Budget:
    """What is left to one query; each method raises once nothing is."""

    def __init__(self, settings: ArchiveQuerySettings, clock: Clock) -> None:
        self._settings, self._clock = settings, clock
        self._left = settings.archive_query_mb << 20
        self._deadline = clock.monotonic() + settings.archive_query_s

    def take(self, size: int) -> None:
        """Count so many bytes of reports. `InvalidInput` when they are too many."""
        self._left -= size
        if self._left < 0:
            raise InvalidInput(
                "from",
                "so long a time",
                f"a range, step and series that need at most {self._settings.archive_query_mb} MB of archived reports"
                " (VEDETTE_ARCHIVE_QUERY_MB): coarser tables keep rows for longer, so a step of whole hours may do",
            )
        self.look()

    def look(self) -> None:
        """`ArchiveUnavailable` when the time is over."""
        if self.seconds_left() <= 0:
            raise ArchiveUnavailable(
                f"the archive took longer than {self._settings.archive_query_s:g} s (VEDETTE_ARCHIVE_QUERY_S);"
                " what was read is kept for a while: ask again, or for less"
            )

    def seconds_left(self) -> float:
        """Until the deadline."""
        return self._deadline - self._clock.monotonic()


class Gate:
    """Lets one query at a time read the archive, so that the memory of one is the memory of all."""

    def __init__(self) -> None:
        self._lock = threading.Lock()

    @contextmanager
    def entered(self, budget: Budget) -> Iterator[None]:
        """Wait for the others, but not longer than the budget."""
        if not self._lock.acquire(timeout=max(0.001, budget.seconds_left())):
            raise ArchiveUnavailable("other queries are reading the archive: ask again")
        try:
            yield
        finally:
            self._lock.release()
