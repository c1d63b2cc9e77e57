"""Files that declare an account, for tests: the account in which they are applied, and what it exports."""

from __future__ import annotations

import time
from typing import Any

import pytest
from typer.testing import CliRunner

from ingest_api.importing.documents import parse_yaml
from launch.declared.silences import shown_instant
from launch.main import app
from tests.integration.gateway.server import Gateway

HOUR_MS = 3_600_000


def at(hours: float) -> str:
    return shown_instant(round(time.time() * 1000 + hours * HOUR_MS) // 1000 * 1000)


def visit(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", gateway.url)
    monkeypatch.setenv("VEDETTE_TOKEN", gateway.ours.tokens["admin"])
    return gateway


def at_home(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    """The same with the secrets that files refer to, and the time of the database, which silences go by."""
    monkeypatch.setenv("HOOK_SECRET", "a secret from elsewhere")
    monkeypatch.setenv("BOT", "12345:abcdefghijklmnopqrstuvwxyz012345678")
    monkeypatch.setenv("SLACK_URL", "https://hooks.slack.com/services/T000/B000/a-secret")
    gateway.clock.advance(time.time() - gateway.clock.now_ms() / 1000)
    return visit(gateway, monkeypatch)


def exported(*words: str) -> dict[str, Any]:
    (document,) = parse_yaml(CliRunner().invoke(app, ["export", *words]).stdout)
    found: dict[str, Any] = document.value
    return found
