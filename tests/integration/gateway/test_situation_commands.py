"""`vedette situation`: the command line against a real gateway."""

from __future__ import annotations

import pytest
from rich.console import Console
from typer.testing import CliRunner

from launch.commands import situation
from launch.main import app
from tests.integration.gateway.bad_release import API, OTHER, SHOP, bad_release
from tests.integration.gateway.server import Gateway


@pytest.fixture
def as_reader(fresh: Gateway, monkeypatch: pytest.MonkeyPatch) -> Gateway:
    monkeypatch.setenv("VEDETTE_URL", fresh.url)
    monkeypatch.setenv("VEDETTE_TOKEN", fresh.ours.tokens["read"])
    monkeypatch.setattr(situation, "console", Console(width=250, highlight=False))
    return fresh


def run(*words: str) -> str:
    with situation.console.capture() as said:
        done = CliRunner().invoke(app, ["situation", *words])
    assert done.exit_code == 0, done.output
    return said.get() + done.stdout


def test_situations_are_listed_shown_and_written_down(as_reader: Gateway) -> None:
    bad_release(as_reader)
    listed = run("list")
    assert "shop is down" in listed
    assert "far-1 is silent" in listed
    assert "shop is down" not in run("list", "--open")
    assert str(OTHER) not in run("list", "--least", "2")
    shown = run("show", str(API))
    assert "shop is down (ended)" in shown
    assert all(word in shown for word in ("parent shop", "shop 4.2.0", "web-1: heap.bytes", "40 of"))
    draft = run("post-mortem", str(SHOP))
    assert draft.startswith("# Post-mortem: shop is down\n")
    assert CliRunner().invoke(app, ["situation", "show", "999"]).exit_code != 0


def test_a_situation_is_taken_up(as_reader: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    bad_release(as_reader)
    monkeypatch.setenv("VEDETTE_TOKEN", as_reader.ours.tokens["respond"])
    assert run("acknowledge", str(OTHER), "--text", "mine") == "1 alerts acknowledged\n"
    assert run("acknowledge", str(OTHER)) == "0 alerts acknowledged\n"
    assert as_reader.get(f"/v1/alerts/{OTHER}").json()["acknowledged_by"].startswith("token ")
