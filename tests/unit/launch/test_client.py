"""The command line's settings: tokens from variables and files, databases that are checked and not shown."""

from __future__ import annotations

from pathlib import Path

import pytest

from launch.client import gateway
from launch.up.command import given_dsn
from launch.variables import secret
from vedette.errors import ConfigurationError
from vedette.store.migrate import migrate, missing


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("TOKEN", "TOKEN_FILE", "DSN", "DSN_FILE"):
        monkeypatch.delenv(f"VEDETTE_{name}", raising=False)
    monkeypatch.setenv("VEDETTE_DATA", str(tmp_path / "none"))
    monkeypatch.setenv("VEDETTE_URL", "http://127.0.0.1:9")


def test_a_secret_comes_from_its_variable_or_its_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert secret("VEDETTE_TOKEN") is None
    (tmp_path / "token").write_text("vdt_file\n")
    monkeypatch.setenv("VEDETTE_TOKEN_FILE", str(tmp_path / "token"))
    assert secret("VEDETTE_TOKEN") == "vdt_file"
    gateway()
    monkeypatch.setenv("VEDETTE_TOKEN", "vdt_variable")
    assert secret("VEDETTE_TOKEN") == "vdt_variable"


def test_a_secret_s_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_TOKEN_FILE", "/nowhere/token")
    with pytest.raises(ConfigurationError, match=r"VEDETTE_TOKEN_FILE: '/nowhere/token'"):
        gateway()


@pytest.mark.parametrize("token", ["vdt_geheim\u20ac", "", "vdt_geheim x"])
def test_a_token_that_no_header_can_hold_is_refused_unseen(monkeypatch: pytest.MonkeyPatch, token: str) -> None:
    monkeypatch.setenv("VEDETTE_TOKEN", token)
    with pytest.raises(ConfigurationError, match="VEDETTE_TOKEN") as caught:
        gateway()
    assert "geheim" not in str(caught.value)


def test_an_address_that_is_none_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_TOKEN", "vdt_x")
    monkeypatch.setenv("VEDETTE_URL", "http://host:port")
    with pytest.raises(ConfigurationError, match="VEDETTE_URL"):
        gateway()


def test_up_takes_its_database_from_the_option_or_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    assert given_dsn(None) is None
    (tmp_path / "dsn").write_text("postgresql://from/file\n")
    monkeypatch.setenv("VEDETTE_DSN_FILE", str(tmp_path / "dsn"))
    assert given_dsn(None) == "postgresql://from/file"
    assert given_dsn("postgres://from/option") == "postgres://from/option"


def test_up_refuses_another_kind_of_database_unseen() -> None:
    with pytest.raises(ConfigurationError, match=r"VEDETTE_DSN.*postgresql://") as caught:
        given_dsn("mysql://root:geheim@host/db")
    assert "geheim" not in str(caught.value)


@pytest.mark.parametrize(
    "dsn", ["mysql://root:geheim@host/db", "host=x password=geheim", "postgresql://u:%geheim@host/db"]
)
def test_an_address_that_psycopg_cannot_read_is_refused_unseen(dsn: str) -> None:
    for ask in (migrate, missing):
        with pytest.raises(ConfigurationError, match="VEDETTE_DSN") as caught:
            ask(dsn)
        assert "geheim" not in str(caught.value)
        assert caught.value.__cause__ is None
