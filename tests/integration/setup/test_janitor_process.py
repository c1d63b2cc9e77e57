"""`vedette janitor` as a process: it removes what is too old, and ends when it is told to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

from tests.e2e.installation import eventually
from vedette.store.pool import Store


def sessions(store: Store) -> int:
    row = store.row("SELECT count(*) AS n FROM refresh_tokens")
    assert row is not None
    return int(row["n"])


def test_a_janitor_cleans_at_once_and_ends_when_told(store: Store, dsn: str, tmp_path: Path) -> None:
    store.execute("INSERT INTO accounts (name) VALUES ('a')")
    store.execute("INSERT INTO users (account_id, email, password_hash, scopes) VALUES (1, 'a@b', '', '{}')")
    store.execute(
        "INSERT INTO refresh_tokens SELECT decode(md5(age), 'hex'), id, gen_random_uuid(), now() + age::interval"
        " FROM users, unnest(ARRAY['-400 days', '1 day']) AS age"
    )
    env = {**os.environ, "VEDETTE_DSN": dsn, "VEDETTE_LOG_URL": f"embedded://{tmp_path / 'events.db'}"}
    process = subprocess.Popen([sys.executable, "-m", "launch.main", "janitor"], env=env)
    try:
        eventually("the old session is gone", lambda: sessions(store) == 1)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
    finally:
        process.kill()
        process.wait()


def test_a_janitor_without_a_database_says_which_variable(tmp_path: Path) -> None:
    env = {name: value for name, value in os.environ.items() if not name.startswith("VEDETTE_")}
    env |= {"VEDETTE_LOG_URL": f"embedded://{tmp_path / 'events.db'}"}
    done = subprocess.run(
        [sys.executable, "-m", "launch.main", "janitor"],
        env=env,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert "VEDETTE_DSN" in done.stderr
