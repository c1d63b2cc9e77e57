"""Known monitors: asked of the database seldom, and not at all while it is away."""

from __future__ import annotations

from typing import cast

import pytest

from ingest_api.intake.known import KnownMonitors
from tests.unit.gateway.fakes import FakeStore
from vedette.clock import FakeClock
from vedette.errors import StoreUnavailable
from vedette.store.pool import Store


@pytest.fixture
def store() -> FakeStore:
    """A store with one monitor."""
    store = FakeStore()
    store.found = [{"id": 1}]
    return store


@pytest.fixture
def clock() -> FakeClock:
    """A clock that stands still."""
    return FakeClock()


@pytest.fixture
def known(store: FakeStore, clock: FakeClock) -> KnownMonitors:
    """What is known, once the monitor was asked for."""
    known = KnownMonitors(cast(Store, store), clock)
    assert known.has(1, 1)
    return known


def test_a_known_monitor_is_asked_for_every_half_minute(
    known: KnownMonitors, store: FakeStore, clock: FakeClock
) -> None:
    clock.advance(30)
    assert known.has(1, 1)
    assert store.asked == 1
    clock.advance(0.1)
    assert known.has(1, 1)
    assert store.asked == 2


def test_an_unknown_monitor_is_asked_for_once_a_second(
    known: KnownMonitors, store: FakeStore, clock: FakeClock
) -> None:
    clock.advance(1.1)
    assert [known.has(1, 2) for _ in range(100)] == [False] * 100
    assert store.asked == 2
    store.found.append({"id": 2})
    clock.advance(1.1)
    assert known.has(1, 2)


def test_a_removed_monitor_is_forgotten_within_half_a_minute(
    known: KnownMonitors, store: FakeStore, clock: FakeClock
) -> None:
    store.found = []
    clock.advance(30.1)
    assert not known.has(1, 1)


def test_accounts_do_not_mix(known: KnownMonitors, store: FakeStore) -> None:
    store.found = [{"id": 2}]
    assert (known.has(2, 1), known.has(2, 2), known.has(1, 2)) == (False, True, False)


def test_while_the_database_is_away_a_known_monitor_stays_known(
    known: KnownMonitors, store: FakeStore, clock: FakeClock
) -> None:
    store.away = True
    clock.advance(3600)
    assert [known.has(1, 1) for _ in range(100)] == [True] * 100
    assert store.asked == 2
    clock.advance(5.1)
    assert known.has(1, 1)
    assert store.asked == 3


def test_while_the_database_is_away_nobody_can_tell_about_an_unknown_one(
    known: KnownMonitors, store: FakeStore, clock: FakeClock
) -> None:
    store.away = True
    clock.advance(2)
    with pytest.raises(StoreUnavailable):
        known.has(1, 2)
    with pytest.raises(StoreUnavailable):
        known.has(9, 1)
