"""Probe places: numbers without holes, kept while probes ask, and given on when they do not."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from vedette.store import accounts, probe_places
from vedette.store.pool import Store


@pytest.fixture
def account(store: Store) -> int:
    return accounts.ensure_account(store, "default")


def took(store: Store, account: int, *locations: str) -> list[tuple[int, int]]:
    return [probe_places.take(store, account, location) for location in locations]


def age(store: Store, account: int, location: str, minutes: int) -> None:
    """Let the last question from there be so long ago."""
    store.execute(
        "UPDATE probe_places SET seen_at = now() - make_interval(mins => %s) WHERE account_id = %s AND location = %s",
        minutes,
        account,
        location,
    )


def gone(store: Store, account: int, location: str) -> None:
    age(store, account, location, 25 * 60)


def test_locations_are_numbered_as_they_come_and_keep_their_numbers(store: Store, account: int) -> None:
    assert took(store, account, "us", "eu", "asia") == [(0, 1), (1, 2), (2, 3)]
    assert took(store, account, "asia", "us", "eu") == [(2, 3), (0, 3), (1, 3)]


def test_each_account_has_its_own(store: Store, account: int) -> None:
    took(store, account, "us", "eu")
    assert took(store, accounts.ensure_account(store, "other"), "asia") == [(0, 1)]


def test_the_last_one_takes_the_place_of_one_that_is_gone_and_the_others_stay(store: Store, account: int) -> None:
    took(store, account, "us", "eu", "asia", "africa")
    gone(store, account, "eu")
    assert took(store, account, "us", "africa", "asia") == [(0, 3), (1, 3), (2, 3)]
    assert took(store, account, "eu") == [(3, 4)]


def test_one_that_is_gone_leaves_its_place_to_a_new_one(store: Store, account: int) -> None:
    took(store, account, "us", "eu", "asia")
    gone(store, account, "us")
    assert took(store, account, "africa", "eu", "asia") == [(0, 3), (1, 3), (2, 3)]


def test_after_a_day_without_any_the_first_that_comes_back_is_the_only_one(store: Store, account: int) -> None:
    took(store, account, "us", "eu")
    gone(store, account, "us")
    gone(store, account, "eu")
    assert took(store, account, "eu", "us") == [(0, 1), (1, 2)]


def test_one_that_asks_again_and_again_is_written_down_every_ten_minutes(store: Store, account: int) -> None:
    def seen() -> object:
        return store.row("SELECT seen_at FROM probe_places WHERE account_id = %s", account)

    took(store, account, "us")
    first = seen()
    took(store, account, "us")
    assert seen() == first
    age(store, account, "us", 11)
    old = seen()
    took(store, account, "us")
    assert seen() != old


def test_probes_that_come_at_the_same_moment_have_places_of_their_own(store: Store, account: int) -> None:
    names = [f"at-{number}" for number in range(8)]
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda name: probe_places.take(store, account, name), names))
    assert sorted(took(store, account, *names)) == [(number, 8) for number in range(8)]
