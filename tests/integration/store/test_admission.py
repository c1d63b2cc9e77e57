"""Admission: a database that will not have us is named within seconds; one that is away is waited for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog

from launch.checkup import NotWell
from launch.commands.doctor import Visit
from tests.integration.store.wire import Wire
from tests.servers.databases import Databases
from vedette.errors import StoreRefused, StoreUnavailable
from vedette.settings import StoreSettings
from vedette.store import open_store
from vedette.store.migrate import migrate, missing
from vedette.store.pool import Store

WITHIN_S = 10.0
FUTURE = "INSERT INTO _yoyo_migration (migration_hash, migration_id) VALUES ('x', '9999.future')"


@pytest.fixture
def empty(postgres: Databases) -> Iterator[str]:
    """A database without tables."""
    made = postgres.empty()
    yield made
    postgres.drop(made)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with structlog.testing.capture_logs():
        yield


def refusal(dsn: str) -> str:
    """What a process that opens the store says before it ends."""
    begun = time.monotonic()
    with pytest.raises(StoreRefused) as caught:
        open_store(StoreSettings.load(dsn=dsn, pool_size=1))
    assert time.monotonic() - begun < WITHIN_S
    return str(caught.value)


def doctors(dsn: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """What `vedette doctor` says of the database."""
    monkeypatch.setenv("VEDETTE_DSN", dsn)
    visit = Visit()
    try:
        return visit.database()
    except (NotWell, StoreRefused, StoreUnavailable) as error:
        with pytest.raises(NotWell, match="not known"):
            visit.notifications()
        return f"not well: {error}"


def wait(store: Store) -> None:
    """Until it answers, as a flow does."""
    deadline = time.monotonic() + 20
    while True:
        try:
            return store.ready()
        except StoreUnavailable:
            assert time.monotonic() < deadline


@pytest.fixture
def guest(dsn: str) -> Iterator[str]:
    """The address of a role that owns nothing, with the password `geheim`."""
    role = f"guest_{urlsplit(dsn).path.lstrip('/')}"
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'geheim'".encode())
        yield dsn.replace(f"{urlsplit(dsn).netloc.rpartition('@')[0]}@", f"{role}:geheim@", 1)
        admin.execute(f"DROP OWNED BY {role}".encode())
        admin.execute(f"DROP ROLE {role}".encode())


def test_a_database_that_does_not_exist_is_an_end(postgres: Databases, monkeypatch: pytest.MonkeyPatch) -> None:
    nowhere = postgres.address("nowhere")
    assert 'database "nowhere" does not exist; create the database, or correct its name in VEDETTE_DSN' in refusal(
        nowhere
    )
    assert 'database "nowhere" does not exist' in doctors(nowhere, monkeypatch)


def test_a_role_that_does_not_exist_or_a_wrong_password_is_an_end(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stranger = dsn.replace(f"{urlsplit(dsn).netloc.rpartition('@')[0]}@", "stranger:geheim@", 1)
    for said in (refusal(stranger), doctors(stranger, monkeypatch)):
        assert "stranger@" in said
        assert "correct user and password in VEDETTE_DSN" in said
        assert "geheim" not in said


def test_tables_that_are_missing_are_an_end_that_says_how_to_make_them(
    empty: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for said in (refusal(empty), doctors(empty, monkeypatch)):
        assert "lacks 0001.accounts, " in said
        assert "run `vedette migrate`" in said


def test_tables_of_a_newer_program_are_an_end_also_for_migrate(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute(FUTURE.encode())
    for said in (refusal(dsn), doctors(dsn, monkeypatch)):
        assert "has 9999.future" in said
        assert "newer Vedette" in said
    with pytest.raises(StoreRefused, match=r"9999\.future"):
        migrate(dsn)


def test_the_right_tables_are_well_and_it_is_said_how_they_are_kept(dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    open_store(StoreSettings.load(dsn=dsn, pool_size=1)).close()
    assert doctors(dsn, monkeypatch).startswith("answers, and its tables are up to date: ")


def test_a_role_that_may_not_make_tables_is_told_so(guest: str, empty: str) -> None:
    elsewhere = guest.replace(urlsplit(guest).path, urlsplit(empty).path)
    with pytest.raises(
        StoreRefused, match="may not make tables in the schema public; as its owner, run GRANT CREATE"
    ) as caught:
        migrate(elsewhere)
    assert "geheim" not in str(caught.value)


def test_a_role_that_may_not_read_our_tables_is_told_so(guest: str) -> None:
    assert "permission denied for table" in refusal(guest)
    with pytest.raises(StoreRefused, match="permission denied for table"):
        missing(guest)


def test_a_server_that_is_away_is_waited_for_and_its_tables_are_looked_at_when_it_comes(empty: str) -> None:
    with Wire(empty) as wire:
        wire.cut()
        store = open_store(StoreSettings.load(dsn=wire.dsn, pool_size=1))
        with pytest.raises(StoreUnavailable, match="does not answer"):
            store.ready()
        wire.mend()
        with pytest.raises(StoreRefused, match="lacks 0001"):
            wait(store)
        store.close()


def test_a_server_that_has_let_us_in_once_is_waited_for_whatever_it_says(guest: str, dsn: str) -> None:
    role = urlsplit(guest).netloc.partition(":")[0]
    with psycopg.connect(dsn, autocommit=True) as admin:
        admin.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {role}".encode())
        store = open_store(StoreSettings.load(dsn=guest, pool_size=1))
        admin.execute(f"ALTER ROLE {role} NOLOGIN".encode())
        admin.execute(b"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s", (role,))
        with pytest.raises(StoreUnavailable, match="is not permitted to log in"):
            store.ready()
        admin.execute(f"ALTER ROLE {role} LOGIN".encode())
        wait(store)
        store.close()
