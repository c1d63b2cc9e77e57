"""Ping keys in memory: known ones never wait for the database, and unknown ones ask it together."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

import pytest

from ingest_api.intake import pings
from ingest_api.intake.pings import PingKeys
from vedette.errors import NotFound, StoreUnavailable
from vedette.store import ping_keys

T = TypeVar("T")
KEY, OTHER = "a" * 32, "b" * 32


class Table:
    """The table of keys; counts looks, and can be away."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.owners = {KEY: (1, 7)}
        self.looks = 0
        self.away = False
        monkeypatch.setattr(ping_keys, "version", self._version)
        monkeypatch.setattr(ping_keys, "owners", lambda store: dict(self.owners))
        monkeypatch.setattr(pings, "_RETRY_S", 0.001)

    def _version(self, store: object) -> Any:
        self.looks += 1
        if self.away:
            raise StoreUnavailable("away")
        return (len(self.owners), sum(map(hash, self.owners)), 0)


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch) -> Table:
    return Table(monkeypatch)


def run(action: Coroutine[Any, Any, T]) -> T:
    return asyncio.run(action)


def test_a_known_key_asks_nobody_even_while_the_database_is_away(table: Table) -> None:
    async def act() -> None:
        keys = PingKeys(None)  # type: ignore[arg-type]
        assert not keys.known
        assert await keys.whose(KEY) == (1, 7)
        assert keys.known
        table.away, looks = True, table.looks
        assert await keys.whose(KEY) == (1, 7)
        assert table.looks == looks
        with pytest.raises(StoreUnavailable):
            await keys.whose(OTHER)
        table.away = False
        with pytest.raises(NotFound):
            await keys.whose(OTHER)

    run(act())


def test_a_key_that_was_made_a_moment_ago_is_found(table: Table) -> None:
    async def act() -> None:
        keys = PingKeys(None)  # type: ignore[arg-type]
        with pytest.raises(NotFound):
            await keys.whose(OTHER)
        table.owners[OTHER] = (1, 8)
        assert await keys.whose(OTHER) == (1, 8)

    run(act())


def test_many_that_ask_at_once_share_a_look(table: Table) -> None:
    async def act() -> None:
        keys = PingKeys(None)  # type: ignore[arg-type]
        asked = [keys.whose(f"{number:032x}") for number in range(100)]
        found = await asyncio.gather(*asked, return_exceptions=True)
        assert all(isinstance(error, NotFound) for error in found)
        assert table.looks <= 2
        table.away = True
        found = await asyncio.gather(*(keys.whose(f"{n:032x}") for n in range(100)), return_exceptions=True)
        assert all(isinstance(error, StoreUnavailable) for error in found)
        assert table.looks <= 4

    run(act())


def test_what_cannot_be_a_key_asks_nobody(table: Table) -> None:
    async def act() -> None:
        keys = PingKeys(None)  # type: ignore[arg-type]
        for key in ("", "x" * 32, "A" * 32, KEY + "a"):
            with pytest.raises(NotFound):
                await keys.whose(key)

    run(act())
    assert table.looks == 0
