"""Known monitors: whether a monitor is an account's, without asking the database for each result."""

from __future__ import annotations

from vedette.clock import Clock
from vedette.errors import StoreUnavailable
from vedette.store.monitors import ids
from vedette.store.pool import Store

_FRESH_S = 30.0
_RETRY_S = 0.05
"""Shorter than any way from a new monitor over a probe back to here: its first result must not be refused."""
_AWAY_S = 5.0
"""How long the old answer counts before a database that was away is asked again: each try may wait long."""


class KnownMonitors:
    """The monitors of each account. An unknown one makes it look again, at most twenty times a second. May block.

    While the database is away, a monitor that was known stays known: the intake only needs the log.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: dict[int, tuple[float, set[int]]] = {}

    def has(self, account: int, monitor: int) -> bool:
        """Whether the monitor exists and is the account's."""
        now = self._clock.monotonic()
        read_at, known = self._known.get(account, (now - 2 * _FRESH_S, set()))
        age = now - read_at
        if age > _FRESH_S or (monitor not in known and age > _RETRY_S):
            try:
                known = ids(self._store, account)
            except StoreUnavailable:
                if monitor not in known:
                    raise
                now = self._clock.monotonic() - _FRESH_S + _AWAY_S
            self._known[account] = (now, known)
        return monitor in known
