"""Limits on guessing passwords: a few failures in a row, then a pause."""

from __future__ import annotations

from collections import OrderedDict

from vedette.errors import Overloaded

FREE_FAILURES = 5
WINDOW_S = 60.0
_MOST = 10_000


class LoginLimit:
    """Counts failures by address and by user; above `FREE_FAILURES` within `WINDOW_S` further tries must wait."""

    def __init__(self) -> None:
        self._failures: OrderedDict[str, list[float]] = OrderedDict()

    def check(self, keys: tuple[str, ...], now: float) -> None:
        """Raise `Overloaded` with the time to wait, if any of `keys` has failed too often."""
        for key in keys:
            recent = [at for at in self._failures.get(key, ()) if now - at < WINDOW_S]
            if len(recent) >= FREE_FAILURES:
                raise Overloaded("too many failed sign-ins; wait a minute", recent[0] + WINDOW_S - now)

    def failed(self, keys: tuple[str, ...], now: float) -> None:
        """Note a failure."""
        for key in keys:
            recent = [at for at in self._failures.pop(key, ()) if now - at < WINDOW_S]
            self._failures[key] = [*recent, now][-FREE_FAILURES:]
        while len(self._failures) > _MOST:
            self._failures.popitem(last=False)

    def succeeded(self, keys: tuple[str, ...]) -> None:
        """Forget failures."""
        for key in keys:
            self._failures.pop(key, None)
