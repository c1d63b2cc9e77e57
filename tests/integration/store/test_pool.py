"""The store's door: foreign errors become ours, transactions are whole or not at all, lost connections come back."""

from __future__ import annotations

import psycopg
import pytest

from tests.integration.store.wire import Wire
from tests.servers.databases import Databases
from vedette.errors import Conflict, InvalidInput, StoreRefused, StoreUnavailable
from vedette.settings import StoreSettings
from vedette.store import open_store
from vedette.store.pool import Store

INSERT = "INSERT INTO accounts (name) VALUES (%s)"


def names(store: Store) -> list[str]:
    return [row["name"] for row in store.rows("SELECT name FROM accounts ORDER BY name")]


def test_rows_come_back_as_dictionaries(store: Store) -> None:
    assert store.execute(INSERT, "a") == 1
    assert store.rows("SELECT name FROM accounts") == [{"name": "a"}]
    assert store.row("SELECT name FROM accounts WHERE name = 'b'") is None


def test_a_row_that_exists_is_a_conflict_that_names_it(store: Store) -> None:
    store.execute(INSERT, "a")
    with pytest.raises(Conflict, match=r"\(name\)=\(a\) already exists"):
        store.execute(INSERT, "a")
    assert store.execute(INSERT, "b") == 1


@pytest.mark.parametrize(
    ("sql", "value"),
    [
        (INSERT, "a\0b"),
        ("SELECT %s::int", 1 << 40),
        ("SELECT to_timestamp(%s::float8)", 1e18),
        ("SELECT %s::jsonb", '"\\u0000"'),
    ],
)
def test_a_value_that_no_column_can_hold_is_invalid_input(store: Store, sql: str, value: object) -> None:
    with pytest.raises(InvalidInput, match="what the database can hold"):
        store.execute(sql, value)
    store.ready()


def test_a_mistake_of_ours_is_not_covered_up(store: Store) -> None:
    with pytest.raises(psycopg.errors.UndefinedTable):
        store.execute("SELECT * FROM nothing")


def test_a_transaction_that_fails_leaves_nothing(store: Store) -> None:
    def failing() -> None:
        with store.transaction() as connection:
            connection.execute(INSERT.encode(), ("a",))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert names(store) == []
    with store.transaction() as connection:
        connection.execute(INSERT.encode(), ("b",))
    assert names(store) == ["b"]


def test_a_transaction_that_conflicts_leaves_nothing(store: Store) -> None:
    def conflicting() -> None:
        with store.transaction() as connection:
            for _ in range(2):
                connection.execute(INSERT.encode(), ("a",))

    with pytest.raises(Conflict):
        conflicting()
    assert names(store) == []


@pytest.mark.parametrize(
    "dsn",
    ["postgresql://x@/db?host=%2Fno%2Fsuch%2Ffolder", "postgresql://x@127.0.0.1:1/db"],
)
def test_a_server_that_is_not_there_is_unavailable(dsn: str) -> None:
    away = Store(dsn, pool_size=1, timeout_s=0.05)
    try:
        with pytest.raises(StoreUnavailable):
            away.ready()
        with pytest.raises(StoreUnavailable), away.transaction():
            pytest.fail("there is no transaction without a server")
    finally:
        away.close()


def test_a_database_that_does_not_exist_is_refused(postgres: Databases) -> None:
    away = Store(postgres.address("nothing"), pool_size=1, timeout_s=2)
    try:
        with pytest.raises(StoreRefused, match='database "nothing" does not exist; create the database, or correct'):
            away.ready()
    finally:
        away.close()


def test_a_connection_that_is_cut_in_a_transaction_is_unavailable_and_the_next_one_works(
    store: Store, postgres: Databases
) -> None:
    admin = Store(postgres.dsn, pool_size=1)

    def cut_off() -> None:
        with store.transaction() as connection:
            connection.execute(INSERT.encode(), ("a",))
            admin.execute("SELECT pg_terminate_backend(%s)", connection.info.backend_pid)
            connection.execute(INSERT.encode(), ("b",))

    with pytest.raises(StoreUnavailable):
        cut_off()
    assert names(store) == []
    admin.close()


def test_a_server_that_comes_back_is_used_again(dsn: str) -> None:
    with Wire(dsn) as wire:
        store = Store(wire.dsn, pool_size=2, timeout_s=0.5)
        store.execute(INSERT, "a")
        wire.cut()
        with pytest.raises(StoreUnavailable):
            store.execute(INSERT, "b")
        wire.mend()
        store._pool.timeout = 30  # the pool tries again with back-off
        assert names(store) == ["a"]
        store.close()


def test_the_settings_name_the_store(dsn: str) -> None:
    opened = open_store(StoreSettings.load(dsn=dsn, pool_size=1))
    opened.ready()
    opened.close()
    with pytest.raises(StoreUnavailable):
        opened.ready()
