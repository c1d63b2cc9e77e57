"""Settings: read from variables and files, checked at start, never printing a secret."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from vedette.errors import ConfigurationError
from vedette.settings import (
    AgentSettings,
    AlertWorkerSettings,
    FlowSettings,
    GatewaySettings,
    LogSettings,
    ProbeSettings,
    Settings,
    StoreSettings,
)

DSN = "postgresql://ada:geheim@db/vedette"


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.upper().startswith("VEDETTE_"):
            monkeypatch.delenv(name)


def refused(kind: type[Settings], **values: object) -> ConfigurationError:
    with pytest.raises(ConfigurationError) as caught:
        kind.load(**values)
    return caught.value


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_POOL_SIZE", "3")
    monkeypatch.setenv("VEDETTE_DSN", DSN)
    settings = StoreSettings.load()
    assert settings.pool_size == 3
    assert settings.dsn.get_secret_value() == DSN


def test_an_argument_goes_before_a_variable_and_none_is_no_argument(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_POOL_SIZE", "3")
    assert StoreSettings.load(dsn=DSN, pool_size=5).pool_size == 5
    assert StoreSettings.load(dsn=DSN, pool_size=None).pool_size == 3


@pytest.mark.parametrize(
    ("kind", "name", "value", "allowed"),
    [
        (Settings, "VEDETTE_LOG_LEVEL", "loud", "'debug', 'info', 'warning' or 'error'"),
        (Settings, "VEDETTE_LOG_FORMAT", "xml", "'console' or 'json'"),
        (Settings, "VEDETTE_METRICS_PORT", "65536", "less than or equal to 65535"),
        (LogSettings, "VEDETTE_LOG_URL", "redis://x", "embedded:// or kafka://"),
        (StoreSettings, "VEDETTE_POOL_SIZE", "0", "greater than or equal to 1"),
        (StoreSettings, "VEDETTE_POOL_SIZE", "", "valid integer"),
        (GatewaySettings, "VEDETTE_SECURE_COOKIES", "perhaps", "valid boolean"),
        (FlowSettings, "VEDETTE_EPOCH_S", "61", "less than or equal to 60"),
        (FlowSettings, "VEDETTE_SILENT_AFTER", "1", "greater than or equal to 1.5"),
        (AlertWorkerSettings, "VEDETTE_LEASE_S", "-1", "greater than 0"),
        (AgentSettings, "VEDETTE_INTERVAL_S", "0.5", "greater than or equal to 1"),
        (AgentSettings, "VEDETTE_URL", "ftp://x", "http:// or https://"),
        (AgentSettings, "VEDETTE_TRANSPORT", "udp", "'http' or 'log'"),
        (ProbeSettings, "VEDETTE_LOCATION", "Berlin", "pattern"),
    ],
)
def test_a_wrong_value_names_the_variable_the_value_and_what_is_allowed(
    monkeypatch: pytest.MonkeyPatch, kind: type[Settings], name: str, value: str, allowed: str
) -> None:
    monkeypatch.setenv("VEDETTE_DSN", DSN)
    monkeypatch.setenv("VEDETTE_LOG_URL", "embedded:///tmp/events.db")
    monkeypatch.setenv(name, value)
    error = refused(kind)
    assert (error.field, error.value) == (name, value)
    assert allowed in error.allowed
    monkeypatch.delenv(name)
    if name != "VEDETTE_LOG_URL":
        kind.load()


def test_a_missing_value_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    error = refused(StoreSettings)
    assert (error.field, error.value) == ("VEDETTE_DSN", "<not set>")
    monkeypatch.setenv("VEDETTE_DSN", DSN)
    StoreSettings.load()


def test_a_value_can_come_from_a_file_without_its_line_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text(DSN + "\n")
    monkeypatch.setenv("VEDETTE_DSN_FILE", str(tmp_path / "dsn"))
    assert StoreSettings.load().dsn.get_secret_value() == DSN


def test_a_variable_goes_before_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "dsn").write_text("postgresql://other")
    monkeypatch.setenv("VEDETTE_DSN_FILE", str(tmp_path / "dsn"))
    monkeypatch.setenv("VEDETTE_DSN", DSN)
    assert StoreSettings.load().dsn.get_secret_value() == DSN


def test_a_file_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("VEDETTE_DSN_FILE", str(tmp_path / "nothing"))
    error = refused(StoreSettings)
    assert error.field == "VEDETTE_DSN_FILE"
    assert "readable file" in error.allowed


def test_no_secret_is_printed() -> None:
    assert "geheim" not in repr(StoreSettings.load(dsn=DSN))
    assert "geheim" not in str(StoreSettings.load(dsn=DSN))
    assert "geheim" not in repr(AgentSettings.load(token="geheim"))


def test_a_secret_that_is_wrong_is_not_printed_either() -> None:
    error = refused(StoreSettings, dsn="mysql://ada:geheim@db")
    assert error.field == "VEDETTE_DSN"
    assert "geheim" not in str(error)
    assert "postgresql://" in error.allowed
    assert error.__cause__ is None


def test_there_is_no_default_for_a_secret() -> None:
    assert AgentSettings.load().token is None
    assert StoreSettings.model_fields["dsn"].is_required()


def test_an_unknown_variable_is_somebody_elses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("VEDETTE_SOMETHING", "1")
    Settings.load()


def test_a_slash_at_the_end_of_the_address_is_dropped() -> None:
    assert AgentSettings.load(url="http://gateway:8420/").url == "http://gateway:8420"
