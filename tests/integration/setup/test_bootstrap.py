"""`vedette bootstrap`: an installation's first things from files, and nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from launch.main import app
from vedette.auth.tokens import new_api_token
from vedette.errors import ConfigurationError
from vedette.store import accounts, monitors
from vedette.store.pool import Store


@pytest.fixture
def files(tmp_path: Path, dsn: str, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of secrets, and the variables that name what is in it."""
    (tmp_path / "dsn").write_text(dsn)
    (tmp_path / "password").write_text("made by the script")
    for name in ("agent", "north"):
        (tmp_path / name).write_text(new_api_token() + "\n")
    for name in ("VEDETTE_DSN", "VEDETTE_ADMIN_PASSWORD"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("VEDETTE_DSN_FILE", str(tmp_path / "dsn"))
    monkeypatch.setenv("VEDETTE_ADMIN_PASSWORD_FILE", str(tmp_path / "password"))
    return tmp_path


def arguments(files: Path) -> list[str]:
    tokens = [f"--token=agent:web-1={files / 'agent'}", f"--token=probe:north={files / 'north'}"]
    return ["bootstrap", *tokens, "--monitor=Gateway=http://gateway:8420/healthz?a=b"]


def test_it_makes_all_and_then_nothing_more(store: Store, files: Path) -> None:
    printed = [CliRunner().invoke(app, arguments(files), catch_exceptions=False).output for _ in range(2)]
    assert "made admin@localhost" in printed[0]
    assert "nothing else to do" in printed[1]
    assert "made by the script" not in "".join(printed)
    account = accounts.ensure_account(store, "default")
    assert [row["url"] for row in monitors.of_account(store, account)] == ["http://gateway:8420/healthz?a=b"]
    subjects = {row["subject"] for row in accounts.api_tokens(store, account)}
    assert subjects == {"web-1", "north"}
    assert len(accounts.users(store)) == 1


def test_a_monitor_that_was_removed_does_not_come_back(store: Store, files: Path) -> None:
    CliRunner().invoke(app, arguments(files), catch_exceptions=False)
    account = accounts.ensure_account(store, "default")
    monitors.remove(store, account, monitors.of_account(store, account)[0]["id"])
    CliRunner().invoke(app, arguments(files), catch_exceptions=False)
    assert monitors.of_account(store, account) == []


@pytest.mark.parametrize(
    "option",
    ["--token=agent", "--token=root:x=/dev/null", "--token=agent:x=/nowhere", "--monitor=x", "--monitor=x=ftp://y"],
)
def test_a_wrong_option_is_named_before_anything_is_made(store: Store, files: Path, option: str) -> None:
    with pytest.raises(ConfigurationError, match=option.partition("=")[0]):
        CliRunner().invoke(app, [*arguments(files), option], catch_exceptions=False)
    assert accounts.users(store) == []
