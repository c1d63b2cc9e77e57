"""Bounds: how many series an instance may name in a day, so that one with ever new names is held."""

from __future__ import annotations

from collections.abc import Iterable

from vedette.events.names import hash64

DAY_MS = 86_400_000
RUNS = 4
"""An instance may name so many times its `max_series` in a day."""


class SeriesBound:
    """The names of one instance within a day (UTC). A name costs 8 bytes and a set's slot."""

    def __init__(self, max_series: int) -> None:
        self.most = RUNS * max_series
        self._day = -1
        self._names: set[int] = set()
        self.held = False

    def admit(self, names: Iterable[str], now_ms: int) -> bool:
        """Whether a run with these names may be reported. Once it may not, none may until the day has ended."""
        self.begin(now_ms)
        fresh = {hash64(name) for name in names} - self._names
        if len(self._names) + len(fresh) > self.most:
            self.held = True
        if not self.held:
            self._names |= fresh
        return not self.held

    def begin(self, now_ms: int) -> bool:
        """Whether runs are let through at this time; a new day begins anew."""
        day = now_ms // DAY_MS
        if day != self._day:
            self._day, self.held = day, False
            self._names.clear()
        return not self.held
