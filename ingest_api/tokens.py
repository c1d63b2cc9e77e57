"""The token cache: who an API token is for, remembered for a few seconds."""

from __future__ import annotations

from collections import OrderedDict

from vedette.auth.scopes import Principal
from vedette.auth.tokens import token_hash
from vedette.clock import Clock
from vedette.errors import StoreUnavailable
from vedette.store.accounts import principal_of_api_token
from vedette.store.pool import Store

FRESH_S = 5.0
"""A revoked token works at most this much longer."""
STALE_S = 900.0
"""While the database is away, a token that was good is trusted this long: the intake only needs the log."""
_MOST = 50_000


class TokenCache:
    """Looks tokens up in the store, and remembers. Unknown tokens are not remembered. Blocks on a miss."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: OrderedDict[bytes, tuple[float, Principal]] = OrderedDict()
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
        try:
            principal = principal_of_api_token(self._store, token)
        except StoreUnavailable:
            self._in_vain_at = self._clock.monotonic()
            found = self._known.get(key)
            if found is None or self._clock.monotonic() - found[0] > STALE_S:
                raise
            return found[1]
        self._known[key] = (self._clock.monotonic(), principal)
        self._known.move_to_end(key)
        while len(self._known) > _MOST:
            self._known.popitem(last=False)
        return principal

    def forget(self) -> None:
        """Look every token up anew: one was revoked."""
        self._known.clear()
