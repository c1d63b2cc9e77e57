"""The token cache: who an API token is for, remembered for a few seconds."""

from __future__ import annotations

from collections import OrderedDict
from typing import TypeVar

from vedette.auth.scopes import Principal
from vedette.auth.tokens import token_hash
from vedette.clock import Clock
from vedette.errors import NotAuthenticated, StoreUnavailable
from vedette.store.accounts import principal_of_api_token
from vedette.store.pool import Store

FRESH_S = 5.0
"""A revoked token works at most this much longer, and one that was refused stays so."""
STALE_S = 900.0
"""While the database is away, a token that was good is trusted this long: the intake only needs the log."""
_MOST = 50_000
"""Tokens remembered as good, and as many again as refused."""

_T = TypeVar("_T")


class TokenCache:
    """Looks tokens up in the store, and remembers, by their hashes. Blocks on a miss.

    Who is refused is remembered for `FRESH_S` too: a client with an old token tries again and again. So a token that an
    installation brings along may be refused so much longer if it was tried before it was stored.
    """

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
        self._refused: OrderedDict[bytes, tuple[float, str]] = OrderedDict()
        self._in_vain_at = -STALE_S

    def cached(self, token: str) -> Principal | None:
        """The principal if it was looked up just now, or could not be because the store is away; never blocks."""
        found = self._known.get(token_hash(token))
        if found is None:
            return None
        now = self._clock.monotonic()
        # Each try may wait long for a database that is away: between two of them the old answer counts.
        trusted = STALE_S if now - self._in_vain_at < FRESH_S else FRESH_S
        return found[1] if now - found[0] < trusted else None

    def look_up(self, token: str) -> Principal:
        """The principal; `NotAuthenticated` if the token is unknown or revoked."""
        key = token_hash(token)
        refused = self._refused.get(key)
        if refused is not None and self._clock.monotonic() - refused[0] < FRESH_S:
            raise NotAuthenticated(refused[1])
        try:
            principal = principal_of_api_token(self._store, token)
        except StoreUnavailable:
            self._in_vain_at = self._clock.monotonic()
            found = self._known.get(key)
            if found is None or self._clock.monotonic() - found[0] > STALE_S:
                raise
            return found[1]
        except NotAuthenticated as error:
            self._known.pop(key, None)
            _remember(self._refused, key, (self._clock.monotonic(), str(error)))
            raise
        _remember(self._known, key, (self._clock.monotonic(), principal))
        return principal

    def forget(self) -> None:
        """Look every token up anew: one was revoked."""
        self._known.clear()
        self._refused.clear()


def _remember(memory: OrderedDict[bytes, tuple[float, _T]], key: bytes, value: tuple[float, _T]) -> None:
    """Note the newest of what `memory` holds, and forget the oldest above `_MOST`."""
    memory.pop(key, None)
    memory[key] = value
    while len(memory) > _MOST:
        memory.popitem(last=False)
