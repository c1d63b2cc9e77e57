"""Outages: whatever happens to the wire or the server, a writer waits and goes on, and no wait is without end."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.integration.store.wire import Wire
from vedette.errors import StoreUnavailable
from vedette.store.pool import Store

INSERT = "INSERT INTO accounts (name) VALUES (%s)"
SOON_S = 4.0


@pytest.fixture
def wire(dsn: str) -> Iterator[Wire]:
    with Wire(dsn) as made:
        yield made


def names(store: Store) -> list[str]:
    return [row["name"] for row in store.rows("SELECT name FROM accounts ORDER BY name")]


def until_done(store: Store, name: str, limit_s: float) -> float:
    """Write as a flow does, until it succeeds; how long it took."""
    begun = time.monotonic()
    while True:
        try:
            store.execute(INSERT, name)
        except StoreUnavailable:
            assert time.monotonic() - begun < limit_s
            time.sleep(0.05)
        else:
            return time.monotonic() - begun


def test_a_server_that_hangs_is_given_up_and_used_again_when_it_answers(wire: Wire) -> None:
    store = Store(wire.dsn, pool_size=1, timeout_s=1, statement_s=1)
    store.execute(INSERT, "a")
    wire.stall()
    begun = time.monotonic()
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            store.execute(INSERT, "b")
    assert time.monotonic() - begun < 6
    wire.mend()
    until_done(store, "c", 15)
    assert set(names(store)) >= {"a", "c"}
    store.close()


def test_a_server_that_hangs_in_the_middle_of_a_transaction_leaves_nothing_of_it(wire: Wire) -> None:
    store = Store(wire.dsn, pool_size=1, timeout_s=1, statement_s=1)

    def hang() -> None:
        with store.transaction() as connection:
            connection.execute(INSERT.encode(), ("a",))
            wire.stall()
            connection.execute(INSERT.encode(), ("b",))

    with pytest.raises(StoreUnavailable, match=r"took longer than 1 s \(VEDETTE_STATEMENT_S\)"):
        hang()
    wire.cut()  # what it had taken is gone with it
    wire.mend()
    until_done(store, "c", 15)
    assert names(store) == ["c"]
    store.close()


def test_a_statement_that_never_returns_is_ended_here_and_on_the_server(dsn: str) -> None:
    store = Store(dsn, pool_size=2, statement_s=1)
    with pytest.raises(StoreUnavailable):
        store.execute("SELECT pg_sleep(60) /* endless */")
    left = (
        "SELECT 1 FROM pg_stat_activity WHERE query LIKE '%%endless%%' AND state = 'active' AND pid <> pg_backend_pid()"
    )
    deadline = time.monotonic() + 5
    while store.rows(left):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    store.close()


def test_after_a_long_outage_it_is_used_again_soon(wire: Wire) -> None:
    store = Store(wire.dsn, pool_size=2, timeout_s=1)
    store.execute(INSERT, "a")
    wire.cut()
    back = time.monotonic() + 6
    while time.monotonic() < back:
        with pytest.raises(StoreUnavailable, match="does not answer"):
            store.execute(INSERT, "b")
    wire.mend()
    assert until_done(store, "b", 15) < SOON_S
    store.close()


def test_with_several_hosts_the_other_one_takes_over(wire: Wire, dsn: str) -> None:
    with Wire(dsn) as second:
        first_at, second_at = urlsplit(wire.dsn), urlsplit(second.dsn)
        both = wire.dsn.replace(f":{first_at.port}/", f":{first_at.port},127.0.0.1:{second_at.port}/")
        assert both != wire.dsn
        store = Store(both, pool_size=1, timeout_s=2)
        store.execute(INSERT, "a")
        wire.cut()
        until_done(store, "b", 15)
        assert names(store) == ["a", "b"]
        store.close()


def test_of_several_hosts_one_that_takes_no_writes_is_passed_over(wire: Wire, dsn: str) -> None:
    database = urlsplit(dsn).path.lstrip("/")
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"ALTER DATABASE {database} SET default_transaction_read_only = on".encode())
        port = urlsplit(wire.dsn).port
        both = wire.dsn.replace(f":{port}/", f":{port},127.0.0.1:{port}/")
        store = Store(both, pool_size=1, timeout_s=1)
        with pytest.raises(StoreUnavailable, match="read-only"):
            store.ready()
        admin.execute(f"ALTER DATABASE {database} RESET default_transaction_read_only".encode())
        until_done(store, "a", 15)
        store.close()


def test_a_server_that_became_a_standby_is_left_for_the_one_that_takes_writes(dsn: str) -> None:
    store = Store(dsn, pool_size=1)
    store.execute("SET default_transaction_read_only = on")  # as after a fail-over: the same connection, no more writes
    with pytest.raises(StoreUnavailable, match="read-only"):
        store.execute(INSERT, "a")
    until_done(store, "a", 10)
    assert names(store) == ["a"]
    store.close()


def test_too_many_connections_are_waited_for(dsn: str) -> None:
    database = urlsplit(dsn).path.lstrip("/")
    role = f"crowded_{database}"
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x' CONNECTION LIMIT 0".encode())
        try:
            user = urlsplit(dsn).netloc.rpartition("@")
            crowded = Store(dsn.replace(f"{user[0]}@", f"{role}:x@", 1), pool_size=1, timeout_s=1)
            with pytest.raises(StoreUnavailable, match="too many connections"):
                crowded.ready()
            admin.execute(f"ALTER ROLE {role} CONNECTION LIMIT 5".encode())
            deadline = time.monotonic() + 15
            while True:
                try:
                    crowded.ready()
                except StoreUnavailable:
                    assert time.monotonic() < deadline
                else:
                    break
            crowded.close()
        finally:
            admin.execute(f"DROP ROLE {role}".encode())
