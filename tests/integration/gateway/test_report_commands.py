"""`vedette report`: the command line against a real gateway."""

from __future__ import annotations

from pathlib import Path

import pytest
from rich.console import Console
from typer.testing import CliRunner

from launch.commands import report
from launch.main import app
from tests.integration.gateway.server import Gateway
from tests.integration.gateway.test_hands import add_channel


@pytest.fixture
def site(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["admin"])
    monkeypatch.setattr(report, "console", Console(width=200))
    return fresh


def run(*words: str) -> str:
    with report.console.capture() as said:
        done = CliRunner().invoke(app, ["report", *words])
    assert done.exit_code == 0, f"{done.output} {done.exception}"
    return said.get() + done.output


def test_a_report_is_made_looked_at_sent_and_removed(site: Gateway, tmp_path: Path) -> None:
    channel = add_channel(site)
    made = run("add", "week", "weekly", "-c", str(channel), "--zone", "Europe/Berlin", "--part", "load")
    number = str(site.get("/v1/reports").json()["reports"][0]["id"])
    # The gateway's clock stands on a Tuesday; Berlin is an hour ahead.
    assert made.strip() == f"report {number}; due at 2023-11-20 07:00"
    assert "0 8 * * mon" in run("list")
    assert "Alert load" in run("preview", number)
    page = tmp_path / "week.html"
    run("preview", number, "--html", str(page), "--at", "-1d")
    assert "<h1" in page.read_text(encoding="utf-8")
    assert run("send", number).strip() == "waits for ops"
    shown = run("show", number)
    assert all(word in shown for word in ("made by", "ops", "pending"))
    run("remove", number)
    assert site.get("/v1/reports").json() == {"reports": []}


def test_names_are_shown_as_they_are_written(site: Gateway) -> None:
    channel = add_channel(site)
    run("add", "[/week] [red]", "weekly", "-c", str(channel))
    number = str(site.get("/v1/reports").json()["reports"][0]["id"])
    run("send", number)
    assert "[/week] [red]" in run("list")
    assert "[/week] [red]" in run("show", number)


def test_a_wrong_report_is_refused_with_what_is_allowed(site: Gateway) -> None:
    channel = str(add_channel(site))
    for words in (["--when", "* * * * *"], ["--zone", "Mars"], ["--part", "weather"], ["-c", "999"]):
        done = CliRunner().invoke(app, ["report", "add", "week", "weekly", "-c", channel, *words])
        assert done.exit_code != 0
