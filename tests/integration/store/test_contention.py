"""Two who wait for each other: the database lets one go first, and the other begins anew by itself."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from vedette.errors import StoreUnavailable
from vedette.store import accounts
from vedette.store.contention import TRIES, tried_again
from vedette.store.pool import Store


def crossed(store: Store, *, again: bool) -> list[int]:
    """Two transactions that lock two rows in opposite orders; how often each was begun."""
    rows = [accounts.ensure_account(store, name) for name in ("left", "right")]
    both, begun = threading.Barrier(2, timeout=30), [0, 0]

    def work(which: int) -> None:
        begun[which] += 1
        with store.transaction() as connection:
            first, second = rows if which else rows[::-1]
            connection.execute("SELECT 1 FROM accounts WHERE id = %s FOR UPDATE", (first,))
            if begun[which] == 1:
                both.wait()
            connection.execute("SELECT 1 FROM accounts WHERE id = %s FOR UPDATE", (second,))

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(tried_again(work) if again else work, (0, 1)))
    return begun


def test_whoever_loses_a_deadlock_begins_anew(store: Store) -> None:
    one, other = sorted(crossed(store, again=True))
    assert one == 1
    assert 2 <= other <= TRIES  # on a busy machine it may be back before the first one has both, and lose once more


def test_without_that_it_is_an_error(store: Store) -> None:
    with pytest.raises(StoreUnavailable, match="deadlock"):
        crossed(store, again=False)


def test_a_database_that_is_away_is_not_asked_thrice() -> None:
    asked = []

    @tried_again
    def work() -> None:
        asked.append(1)
        raise StoreUnavailable("away")

    with pytest.raises(StoreUnavailable):
        work()
    assert len(asked) == 1
