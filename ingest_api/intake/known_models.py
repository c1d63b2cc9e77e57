"""Known models: the number of an account's model by its name, without asking the database for each report."""

from __future__ import annotations

from vedette.clock import Clock
from vedette.errors import InvalidInput
from vedette.store import models
from vedette.store.pool import Store

_FRESH_S = 5.0


class KnownModels:
    """The models of each account by name, looked up again when a name is not known; blocks then."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store, self._clock = store, clock
        self._known: dict[int, tuple[float, dict[str, int]]] = {}

    def number(self, account: int, name: str) -> int:
        """The model's number; `InvalidInput` if the account has none of that name."""
        now = self._clock.monotonic()
        read_at, known = self._known.get(account, (now - 2 * _FRESH_S, {}))
        if name not in known or now - read_at > _FRESH_S:
            known = models.ids(self._store, account)
            self._known[account] = (now, known)
        if name not in known:
            raise InvalidInput("model", name[:200], "a model of this account (`POST /v1/models`)")
        return known[name]

    def name(self, account: int, number: int) -> str:
        """The model's name, asked of the database; `NotFound` if the account has none of that number."""
        return str(models.get(self._store, account, number)["name"])
