"""The database is saved under load, lost and brought back: flows go on, and what came after the backup comes again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.flows.draining import put
from tests.integration.flows.ledger import Ledger
from tests.integration.flows.process import FlowProcess
from tests.servers.databases import Databases
from vedette.errors import ConfigurationError, Conflict, InvalidInput
from vedette.events.topics import SAMPLES
from vedette.log import Log
from vedette.store import accounts
from vedette.store.backup import backup, restore
from vedette.store.migrate import timescale
from vedette.store.pool import Store


def vedette(dsn: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    command = [sys.executable, "-m", "launch.main", *arguments]
    return subprocess.run(command, env={**env, "VEDETTE_DSN": dsn}, capture_output=True, text=True, check=False)


@pytest.fixture
def fresh(postgres: Databases) -> Iterator[str]:
    """An empty database, as an operator makes it."""
    found = postgres.empty()
    yield found
    postgres.drop(found)


def test_a_database_that_was_lost_comes_back_and_gets_what_came_after_the_backup_from_the_log(
    log: Log, log_url: str, store: Store, dsn: str, postgres: Databases, fresh: str, tmp_path: Path
) -> None:
    account = accounts.ensure_account(store, "default")
    token = accounts.add_api_token(store, account, "ours", ["admin"], None)
    ledger, file = Ledger(), tmp_path / "vedette.dump"
    put(log, SAMPLES.name, *ledger.next(90))
    with FlowProcess("rollup", log_url, dsn, tmp_path) as flow:
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        saved = vedette(dsn, "backup", str(file))
        assert saved.returncode == 0, saved.stderr
        put(log, SAMPLES.name, *ledger.next(90))
        flow.wait_until(lambda: ledger.missing(store) <= 0)
        flow.kill()
    store.close()
    postgres.drop(dsn)

    brought = vedette(fresh, "restore", str(file))
    assert (brought.returncode, brought.stdout) == (0, "restored\nits tables are up to date\n"), brought.stderr
    restored = Store(fresh, pool_size=2, check=True)
    try:
        assert accounts.principal_of_api_token(restored, token).account == account
        assert timescale(fresh).hypertables == timescale(postgres.fresh()).hypertables
        assert ledger.missing(restored) == 90 * len(ledger.sources)
        shutil.rmtree(tmp_path / "recovery" / "rollup")  # it would go on behind what the database has lost
        with FlowProcess("rollup", log_url, fresh, tmp_path) as flow:
            put(log, SAMPLES.name, *ledger.next(30))
            flow.wait_until(lambda: ledger.missing(restored) <= 0)
            assert flow.terminate() == 0, flow.words()
        ledger.assert_kept(restored)
    finally:
        restored.close()


def test_a_database_with_tables_is_not_restored_into(dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "vedette.dump"
    backup(dsn, file)
    with pytest.raises(Conflict, match="holds tables"):
        restore(dsn, file)
    again = vedette(dsn, "restore", str(file))
    assert again.returncode == 1
    assert "error: the database" in again.stderr


def test_a_backup_that_cannot_be_written_leaves_nothing_and_says_why(dsn: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="no-fo"):
        backup(dsn, tmp_path / "no-folder" / "vedette.dump")
    with pytest.raises(InvalidInput, match="that `vedette backup` has written"):
        restore(dsn, tmp_path / "missing.dump")
    assert list(tmp_path.iterdir()) == []


def test_missing_programs_are_named(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr("vedette.store.backup.find_spec", lambda name: None)
    with pytest.raises(ConfigurationError, match="client programs of version"):
        backup(dsn, tmp_path / "vedette.dump")
