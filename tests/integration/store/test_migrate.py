"""Migrations: applied once each, whoever calls and however often."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.servers.databases import Databases
from vedette.errors import StoreUnavailable
from vedette.store.migrate import migrate, missing, timescale
from vedette.store.pool import Store
from vedette.store.schema import known

AWAY = "postgresql://nobody@/nothing?host=%2Fno%2Fsuch%2Ffolder&connect_timeout=1"


@pytest.fixture
def empty(postgres: Databases) -> Iterator[str]:
    """A database without tables."""
    made = postgres.empty()
    yield made
    postgres.drop(made)


def tables(dsn: str) -> set[str]:
    store = Store(dsn, pool_size=1)
    try:
        return {row["t"] for row in store.rows("SELECT tablename AS t FROM pg_tables WHERE schemaname = 'public'")}
    finally:
        store.close()


def migrations(done: list[str]) -> list[str]:
    """What was done, without what the extension added."""
    return [name for name in done if name in known()]


def test_an_empty_database_lacks_all_and_then_none(empty: str) -> None:
    assert missing(empty) == known()
    assert migrations(migrate(empty)) == known()
    assert missing(empty) == []
    assert {"accounts", "rollup_1m", "check_results", "notifications"} <= tables(empty)


def test_a_second_time_nothing_is_applied_and_rows_stay(empty: str) -> None:
    migrate(empty)
    store = Store(empty, pool_size=1)
    store.execute("INSERT INTO accounts (name) VALUES ('a')")
    assert migrate(empty) == []
    assert store.row("SELECT count(*) AS n FROM accounts") == {"n": 1}
    store.close()


def test_of_processes_that_start_at_once_one_applies_all_and_none_fails(empty: str) -> None:
    program = (
        "import json, sys; from vedette.store.migrate import migrate; from vedette.telemetry import configure_logs;"
        " configure_logs('info', 'json'); print(json.dumps(migrate(sys.argv[1])))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", program, empty], stdout=subprocess.PIPE, text=True) for _ in range(3)
    ]
    done = [json.loads(process.communicate(timeout=60)[0]) for process in started]
    assert [process.returncode for process in started] == [0, 0, 0]
    assert sorted(map(migrations, done)) == [[], [], known()]
    assert [bool(names) for names in sorted(done)] == [False, False, True], "the extension's part too is done once"
    assert missing(empty) == []
    assert timescale(empty).plain == ()


@pytest.mark.parametrize("action", [migrate, missing])
def test_a_database_that_is_away_is_said_to_be(action: object) -> None:
    with pytest.raises(StoreUnavailable, match="nobody@/no/such/folder/nothing"):
        action(AWAY)  # type: ignore[operator]
