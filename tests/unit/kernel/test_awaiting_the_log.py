"""Waiting for the log: as long as it is away, never for what waiting cannot mend."""

from __future__ import annotations

from typing import cast

import pytest
import structlog

import vedette.log
from vedette.errors import ConfigurationError, LogUnavailable
from vedette.log import Log, await_log
from vedette.settings import LogSettings

SETTINGS = LogSettings.load(log_url="kafka://broker:9092")
OPENED = cast(Log, object())


def answers(monkeypatch: pytest.MonkeyPatch, *found: Log | Exception) -> None:
    """Let the log be opened with these outcomes, one after the other."""
    left = list(found)

    def open_log(settings: LogSettings) -> Log:
        outcome = left.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(vedette.log, "open_log", open_log)


def test_a_log_that_is_away_is_tried_again_with_longer_and_longer_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    waits: list[float] = []
    answers(monkeypatch, *[LogUnavailable("no broker")] * 8, OPENED)
    with structlog.testing.capture_logs() as logs:
        assert await_log(SETTINGS, sleep=waits.append) is OPENED
    assert [event["event"] for event in logs] == ["log_away"] * 8
    assert [event["wait_s"] for event in logs] == [0.5, 1, 2, 4, 5, 5, 5, 5]
    assert all(event["wait_s"] / 2 <= wait <= event["wait_s"] for event, wait in zip(logs, waits, strict=True))


def test_a_log_that_answers_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, OPENED)
    assert await_log(SETTINGS, sleep=lambda seconds: pytest.fail("it waits")) is OPENED


def test_wrong_settings_are_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    answers(monkeypatch, ConfigurationError("VEDETTE_KAFKA_USERNAME", "u", "a user"))
    with pytest.raises(ConfigurationError):
        await_log(SETTINGS, sleep=lambda seconds: pytest.fail("it waits"))
