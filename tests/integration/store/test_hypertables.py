"""Hypertables: made where TimescaleDB is, from what is there, and kept as the settings say; else all stays plain."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import psycopg
import pytest
import structlog

from tests.servers.databases import Databases
from vedette.settings import TableSettings
from vedette.store.hypertables import hypertables
from vedette.store.migrate import migrate
from vedette.store.migrate import timescale as found_in
from vedette.store.pool import Store
from vedette.store.schema import known
from vedette.store.timed import timed_tables

CHUNKED = {table.name: table.chunk for table in timed_tables(TableSettings()) if table.chunk is not None}
ROW = "INSERT INTO rollup_10s SELECT 1, 1, to_timestamp(n * 10), n, float8send(1) FROM generate_series(0, %s) n"


@pytest.fixture
def empty(timescale: Databases) -> Iterator[str]:
    """A database without tables, on a server that offers the extension."""
    made = timescale.empty()
    yield made
    timescale.drop(made)


def widths(dsn: str) -> dict[str, timedelta]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return hypertables(connection)


def notes(dsn: str, settings: TableSettings) -> list[str]:
    """What `migrate` says that it could not do, other than what the licence forbids."""
    with structlog.testing.capture_logs() as logs:
        migrate(dsn, settings)
    return [
        log["note"] for log in logs if log["event"] == "timescaledb" and not log["note"].startswith("no columnstore")
    ]


def test_where_the_extension_is_all_timed_tables_have_the_chunks_of_the_settings(store: Store, dsn: str) -> None:
    found = widths(dsn)
    assert found == (CHUNKED if store.row("SELECT 1 FROM pg_extension WHERE extname = 'timescaledb'") else {})
    assert found_in(dsn).describe().startswith("TimescaleDB 2." if found else "plain tables")


def test_what_is_set_is_what_new_chunks_get_and_what_is_changed_is_followed(empty: str) -> None:
    migrate(empty, TableSettings(chunk_1m_hours=12, columnstore=False))
    assert widths(empty)["rollup_1m"] == timedelta(hours=12)
    done = migrate(empty, TableSettings(chunk_1m_hours=48, columnstore=False))
    assert done == [f"{table}: new chunks of 48 hours" for table in ("rollup_1m", "check_rollup_1m")]
    assert widths(empty)["rollup_1m"] == timedelta(hours=48)


def test_rows_of_a_plain_installation_are_moved_into_chunks(empty: str) -> None:
    assert migrate(empty, TableSettings(timescaledb="off")) == known()
    assert widths(empty) == {}
    store = Store(empty, pool_size=1)
    store.execute(ROW, 9999)
    assert found_in(empty).describe().startswith("plain tables (TimescaleDB 2.")
    assert "rollup_10s: a hypertable, chunks of 6 hours" in migrate(empty)
    assert store.row("SELECT count(*) AS n, sum(n) AS s FROM rollup_10s") == {"n": 10_000, "s": 49_995_000}
    assert store.row("SELECT count(*) AS n FROM show_chunks('rollup_10s')") == {"n": 5}
    with pytest.raises(Exception, match="already exists"):
        store.execute("INSERT INTO rollup_10s VALUES (1, 1, to_timestamp(10), 1, '')")
    store.close()


def test_a_large_plain_table_stays_and_it_is_said_what_to_do(empty: str) -> None:
    migrate(empty, TableSettings(timescaledb="off"))
    store = Store(empty, pool_size=1)
    store.execute(ROW, 9999)
    said = notes(empty, TableSettings(convert_max_mb=0))
    assert len(said) == 1
    assert "rollup_10s holds" in said[0]
    assert "VEDETTE_CONVERT_MAX_MB" in said[0]
    assert set(widths(empty)) == set(CHUNKED) - {"rollup_10s"}, "empty tables need no moving"
    assert "still plain: rollup_10s" in found_in(empty).describe()
    assert store.row("SELECT count(*) AS n FROM rollup_10s") == {"n": 10_000}
    store.close()


def test_the_columnstore_is_used_only_where_the_server_lets_us(empty: str) -> None:
    with structlog.testing.capture_logs() as logs:
        migrate(empty)
    found = found_in(empty)
    if found.license == "apache":
        assert found.columnstore == ()
        assert [log for log in logs if "no columnstore" in log["note"] and "apache" in log["note"]]
        assert "no columnstore" in found.describe()
    else:
        assert found.columnstore == tuple(
            sorted(f"{kind}_{tier}" for kind in ("check_rollup", "rollup") for tier in ("1d", "1h", "1m"))
        )


def test_a_role_that_may_not_create_the_extension_gets_plain_tables_and_is_told(empty: str) -> None:
    database = urlsplit(empty).path.lstrip("/")
    role = f"modest_{database}"
    with psycopg.connect(empty, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'".encode())
        admin.execute(f"GRANT CREATE ON SCHEMA public TO {role}".encode())
        user = urlsplit(empty).netloc.rpartition("@")[0]
        modest = empty.replace(f"{user}@", f"{role}:x@", 1)
        said = notes(modest, TableSettings())
        assert len(said) == 1
        assert "permission denied to create extension" in said[0]
        assert "CREATE EXTENSION timescaledb" in said[0]
        assert widths(modest) == {}
        Store(modest, pool_size=1, check=True).close()
        admin.execute(b"CREATE EXTENSION timescaledb")  # what the note asks an administrator for
        assert "rollup_10s: a hypertable, chunks of 6 hours" in migrate(modest)
        assert widths(modest) == CHUNKED
        admin.execute(f"DROP OWNED BY {role} CASCADE".encode())
        admin.execute(f"DROP ROLE {role}".encode())
