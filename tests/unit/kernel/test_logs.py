"""Logs: one line an event, in JSON with fixed fields where asked for."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
import structlog

from vedette.telemetry import configure_logs, get_logger


@pytest.fixture(autouse=True)
def _configuration() -> Iterator[None]:
    yield
    structlog.reset_defaults()


def test_json_logs_are_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    get_logger("source").info("message_rejected", topic="vedette.samples", offset=7)
    get_logger("source").warning("two\nlines")
    first, second = capsys.readouterr().err.splitlines()
    event = json.loads(first)
    assert event.pop("timestamp").endswith("Z")
    assert event == {
        "event": "message_rejected",
        "component": "source",
        "level": "info",
        "topic": "vedette.samples",
        "offset": 7,
    }
    assert json.loads(second)["event"] == "two\nlines"


def test_json_logs_hold_the_exception(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", "json")
    try:
        raise ValueError("this went wrong")
    except ValueError:
        get_logger("x").exception("failed")
    assert "this went wrong" in json.loads(capsys.readouterr().err)["exception"]


def test_what_is_below_the_level_is_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("warning", "json")
    get_logger("x").info("quiet")
    assert capsys.readouterr().err == ""
    get_logger("x").warning("loud")
    assert "loud" in capsys.readouterr().err


def test_the_console_form_is_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("debug", "console")
    get_logger("x").debug("started", port=1)
    written = capsys.readouterr()
    assert "started" in written.err
    assert "port=1" in written.err
    assert written.out == ""


@pytest.mark.parametrize("form", ["console", "json"])
def test_a_traceback_does_not_show_the_values_of_variables(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    configure_logs("info", form)  # type: ignore[arg-type]
    token = "vdt_" + "secret"
    try:
        raise ValueError(len(token))
    except ValueError:
        get_logger("x").exception("failed")
    printed = capsys.readouterr().err
    assert "ValueError" in printed
    assert "vdt_secret" not in printed
