"""The token cache: quick for known tokens, soon right about revoked ones, patient while the database is away."""

from __future__ import annotations

from typing import cast

import pytest

from ingest_api.tokens import FRESH_S, STALE_S, TokenCache
from tests.unit.gateway.fakes import FakeStore
from vedette.clock import FakeClock
from vedette.errors import NotAuthenticated, StoreUnavailable
from vedette.store.pool import Store

ROW = {"id": 7, "account_id": 3, "scopes": ["ingest"], "subject": None}


@pytest.fixture
def store() -> FakeStore:
    """A store that knows one token."""
    store = FakeStore()
    store.found = [ROW]
    return store


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def cache(store: FakeStore, clock: FakeClock) -> TokenCache:
    """A cache that has seen the token `t`."""
    cache = TokenCache(cast(Store, store), clock)
    assert cache.look_up("t").account == 3
    return cache


def test_a_token_is_remembered_for_a_few_seconds_and_no_longer(cache: TokenCache, clock: FakeClock) -> None:
    clock.advance(FRESH_S - 0.001)
    assert cache.cached("t") is not None
    clock.advance(0.001)
    assert cache.cached("t") is None


def test_a_refused_token_is_remembered_for_a_few_seconds_and_no_longer(
    cache: TokenCache, store: FakeStore, clock: FakeClock
) -> None:
    store.found, asked = [], store.asked
    for _ in range(3):
        with pytest.raises(NotAuthenticated, match="the API token is not valid"):
            cache.look_up("unknown")
    assert store.asked == asked + 1
    assert cache.cached("unknown") is None
    store.found = [ROW]
    clock.advance(FRESH_S - 0.001)
    with pytest.raises(NotAuthenticated):
        cache.look_up("unknown")
    clock.advance(0.001)
    assert cache.look_up("unknown").account == 3


def test_a_refused_token_is_looked_up_anew_after_a_revocation(cache: TokenCache, store: FakeStore) -> None:
    store.found = []
    with pytest.raises(NotAuthenticated):
        cache.look_up("unknown")
    cache.forget()
    store.found = [ROW]
    assert cache.look_up("unknown").account == 3


def test_the_memory_of_refused_tokens_is_bounded(
    cache: TokenCache, store: FakeStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest_api.tokens._MOST", 3)
    store.found = []
    for number in range(5):
        with pytest.raises(NotAuthenticated):
            cache.look_up(str(number))
    store.found = [ROW]
    assert cache.look_up("1").account == 3
    for number in (2, 3, 4):
        with pytest.raises(NotAuthenticated):
            cache.look_up(str(number))


def test_a_revoked_token_is_refused_though_it_was_known(cache: TokenCache, store: FakeStore) -> None:
    store.found = []
    with pytest.raises(NotAuthenticated):
        cache.look_up("t")
    assert cache.cached("t") is None


def test_a_revoked_token_is_not_trusted_again_when_the_database_goes_away(
    cache: TokenCache, store: FakeStore, clock: FakeClock
) -> None:
    store.found = []
    with pytest.raises(NotAuthenticated):
        cache.look_up("t")
    store.away = True
    clock.advance(FRESH_S)
    with pytest.raises(StoreUnavailable):
        cache.look_up("t")
    assert cache.cached("t") is None


def test_all_are_looked_up_anew_after_a_revocation(cache: TokenCache) -> None:
    cache.forget()
    assert cache.cached("t") is None


def test_while_the_database_is_away_a_known_token_is_trusted_for_a_while(
    cache: TokenCache, store: FakeStore, clock: FakeClock
) -> None:
    store.away = True
    clock.advance(STALE_S)
    assert cache.look_up("t").account == 3
    with pytest.raises(StoreUnavailable):
        cache.look_up("unknown")
    clock.advance(1)
    with pytest.raises(StoreUnavailable):
        cache.look_up("t")


def test_a_database_that_is_away_is_not_asked_at_every_request(
    cache: TokenCache, store: FakeStore, clock: FakeClock
) -> None:
    """Each try may wait seconds for it, and holds a thread."""
    store.away = True
    clock.advance(FRESH_S)
    assert cache.cached("t") is None
    assert cache.look_up("t").account == 3
    asked = store.asked
    clock.advance(FRESH_S - 0.001)
    assert cache.cached("t") is not None
    assert store.asked == asked
    clock.advance(0.002)
    assert cache.cached("t") is None


def test_the_memory_is_bounded(store: FakeStore, clock: FakeClock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ingest_api.tokens._MOST", 3)
    cache = TokenCache(cast(Store, store), clock)
    for number in range(5):
        cache.look_up(str(number))
    assert [cache.cached(str(number)) is not None for number in range(5)] == [False, False, True, True, True]
